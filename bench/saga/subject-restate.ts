import * as restate from "@restatedev/restate-sdk";
import { answerMeasures } from "./closed-loop.ts";
import { startRestateServer } from "./restate-server.ts";

const rest = async () => {};

const service = restate.service({
  name: "bench",
  handlers: {
    nothing: async (context) => {
      await context.run("one", rest);
      await context.run("two", rest);
      await context.run("three", rest);
    },
  },
});
const port = await restate.serve({ services: [service], port: 0 });
const ingress = await startRestateServer(`http://127.0.0.1:${port}`);

answerMeasures(async () => {
  const answer = await fetch(`${ingress}/bench/nothing`, { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.arrayBuffer();
});
