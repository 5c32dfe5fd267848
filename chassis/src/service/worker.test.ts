import { deepEqual, equal, rejects } from "node:assert/strict";
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

it("works when told to, behind the round under way and until nothing is left to do, and tells of what fails", async () => {
  const running = new Set<number>();
  let rounds = 0;
  let left = 0;
  const each = worker("each", Number.POSITIVE_INFINITY, async () => {
    const round = ++rounds;
    equal(running.size, 0, "one round at a time");
    running.add(round);
    await systemClock.sleep(20);
    running.delete(round);
    if (round === 5) throw new Error("the fifth round");
    return left-- > 0;
  });
  each.start({ clock: systemClock, log });
  left = 2;
  await each.run();
  deepEqual([rounds, left], [4, -2]);
  await rejects(each.run(), /the fifth round/);
  await each.run();
  await each.stop();
});
