import { nothing, waiting } from "./nothing.saga.ts";
import { createSagaProcess } from "./saga-process.ts";

/** A replica that runs whatever is there, and tells what a question asks for. */
const { runner, start, ended } = await createSagaProcess([nothing, waiting]);

const memory = () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

type Question = { begin?: number; run?: true };

process.on("message", async ({ begin, run }: Question) => {
  if (run) runner.start();
  const before = memory();
  if (begin) {
    runner.start();
    for (let done = 0; done < begin; done += 1_000) {
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) => start(waiting, { key: `${done + index}`, input: {} })),
      );
    }
  }
  process.send?.({ bytes: memory() - before, ended: ended() });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
