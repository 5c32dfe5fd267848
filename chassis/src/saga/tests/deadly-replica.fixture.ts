import { systemClock } from "../../core/clock.ts";
import { openDatabase } from "../../database/database.ts";
import { createLog } from "../../telemetry/log.ts";
import { decidedSaga } from "../definition/saga.ts";
import { createSagaRunner } from "../runner/saga-runner.ts";
import { note, Order } from "./sagas-under-test.fixture.ts";

// A process of its own, on DATABASE_URL: one of its instances ends it at its step, all others take a moment and are sound.

const definition = decidedSaga("sell", Order)
  .step("bill", {
    async do({ orderId }) {
      if (orderId === "deadly") process.kill(process.pid, "SIGKILL");
      await systemClock.sleep(300);
    },
  })
  .step("send", { within: (tx, { orderId }) => note(tx, orderId) })
  .ends();

const log = createLog({ service: "deadly", level: "silent" });
const database = openDatabase({ url: process.env["DATABASE_URL"] ?? "", name: "deadly", log });
const owner = `process ${process.pid}`;
createSagaRunner({ database, sagas: [definition], clock: systemClock, log, owner, pollInterval: 50 }).start();
