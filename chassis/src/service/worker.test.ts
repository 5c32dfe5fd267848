import { equal } from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "../core/clock.ts";
import { createLog } from "../telemetry/log.ts";
import { worker } from "./worker.ts";

const log = createLog({ service: "test", level: "silent" });

for (const interval of [30 * 86_400_000, Number.POSITIVE_INFINITY]) {
  it(`runs one round when it starts and one when it is woken, if its interval is ${interval} ms`, async () => {
    let rounds = 0;
    const monthly = worker("monthly", interval, async () => {
      rounds += 1;
    });
    monthly.start({ clock: systemClock, log });
    await systemClock.sleep(50);
    equal(rounds, 1);
    monthly.wake();
    await systemClock.sleep(50);
    equal(rounds, 2);
    await monthly.stop();
  });
}
