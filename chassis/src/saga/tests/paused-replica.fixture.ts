import { once } from "node:events";
import { systemClock } from "../../core/clock.ts";
import { openDatabase } from "../../database/database.ts";
import { createLog } from "../../telemetry/log.ts";
import { saga } from "../definition/saga.ts";
import { createSagaRunner } from "../runner/saga-runner.ts";
import { createStartSaga } from "../runner/start-saga.ts";
import { note, Order } from "./sagas-under-test.fixture.ts";

// A process of its own, on DATABASE_URL, that can be paused: it begins a saga that then waits for a word while its charge is asked for, and
// one that waits inside the transaction of its confirmation. It says when each of them waits, and what became of them in its log.

const wait = async (where: string) => {
  process.send?.(where);
  await once(process, "message");
};

const definition = saga("sell", Order)
  .step("charge", {
    do: async ({ orderId }) => (orderId === "asked" ? wait(orderId) : undefined),
    undo: async () => {},
  })
  .pivot("confirm", {
    async within(tx, { orderId }) {
      await note(tx, `confirmed ${orderId} after its pause`);
      if (orderId === "inside") await wait(orderId);
    },
  })
  .fails(async () => {});

const log = createLog({ service: "paused", level: "info" });
const database = openDatabase({ url: process.env["DATABASE_URL"] ?? "", name: "paused", log });
const runner = createSagaRunner({ database, sagas: [definition], clock: systemClock, log, owner: "paused" });
const startSaga = createStartSaga({ owner: "paused", onCommit: (instance) => runner.run(instance) });
runner.start();
await database.transaction(async (tx) => {
  for (const orderId of ["asked", "inside"]) await startSaga(tx, definition, { key: orderId, input: { orderId } });
});
await once(process, "disconnect");
await runner.stop();
await database.close();
