import { DBOS } from "@dbos-inc/dbos-sdk";
import { answerMeasures } from "./closed-loop.ts";

const rest = async () => {};

DBOS.setConfig({
  name: "bench",
  systemDatabaseUrl: process.env["DATABASE_URL"] ?? "",
  logLevel: "error",
  runAdminServer: false,
});
const workflow = DBOS.registerWorkflow(
  async () => {
    await DBOS.runStep(rest, { name: "one" });
    await DBOS.runStep(rest, { name: "two" });
    await DBOS.runStep(rest, { name: "three" });
  },
  { name: "nothing" },
);
await DBOS.launch();

answerMeasures(workflow);
