import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cancellation } from "../../core/cancellation.ts";
import { deadlineExceeded, unavailable } from "../../core/failure/failure.ts";
import { bulkhead } from "./bulkhead.ts";

const never = new Cancellation();

test("who finds a place takes it at once, the next wait for theirs in line, and the rest are sent away", async () => {
  const { enter, leave, running, waiting } = bulkhead({ running: 1, waiting: 2 });
  assert.equal(enter(never), undefined);
  const order: string[] = [];
  const first = enter(never)?.then(() => order.push("first"));
  const second = enter(never)?.then(() => order.push("second"));
  await assert.rejects(enter(never) as Promise<void>, (error) => unavailable.is(error) && error.retryAfter === 1);
  leave();
  await first;
  leave();
  await second;
  assert.deepEqual(order, ["first", "second"]);
  leave();
  assert.deepEqual([running(), waiting()], [0, 0]);
});

test("who gives up leaves the line, and takes no place", async () => {
  const { enter, leave, running, waiting } = bulkhead({ running: 1, waiting: 2 });
  enter(never);
  const giveUp = new Cancellation();
  const gone = enter(giveUp) as Promise<void>;
  const stays = enter(never) as Promise<void>;
  giveUp.cancel(deadlineExceeded.failure());
  await assert.rejects(gone, deadlineExceeded.is);
  assert.equal(waiting(), 1);
  leave();
  await stays;
  assert.equal(running(), 1);
  await assert.rejects(enter(giveUp) as Promise<void>, deadlineExceeded.is);
});

type Event = "enter" | "leave" | { readonly giveUp: number };
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Event>("enter") },
    { weight: 4, arbitrary: fc.constant<Event>("leave") },
    { weight: 2, arbitrary: fc.record({ giveUp: fc.nat(20) }) },
  ),
  { minLength: 1_000, maxLength: 1_000 },
);

test("whatever comes, its bounds hold, everybody gets in by turns, and nobody waits beside a free place", async () => {
  const limits = fc.record({ running: fc.integer({ min: 1, max: 5 }), waiting: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(limits, events, async (limit, happens) => {
      const { enter, leave, running, waiting } = bulkhead(limit);
      const line: { number: number; giveUp: Cancellation }[] = [];
      const started: number[] = [];
      const expected: number[] = [];
      let inside = 0;
      let number = 0;
      for (const event of happens) {
        if (event === "enter") {
          const giveUp = new Cancellation();
          const own = ++number;
          const turn = enter(giveUp);
          if (inside < limit.running) {
            assert.equal(turn, undefined);
            inside += 1;
          } else if (line.length < limit.waiting) {
            turn?.then(
              () => started.push(own),
              () => {},
            );
            line.push({ number: own, giveUp });
          } else await assert.rejects(turn as Promise<void>, unavailable.is);
        } else if (event === "leave" && inside > 0) {
          leave();
          const next = line.shift();
          if (next) expected.push(next.number);
          else inside -= 1;
        } else if (typeof event === "object" && line.length > 0) {
          line.splice(event.giveUp % line.length, 1)[0]?.giveUp.cancel(deadlineExceeded.failure());
        }
        assert.deepEqual([running(), waiting()], [inside, line.length]);
        assert.ok(running() <= limit.running && waiting() <= limit.waiting);
        assert.ok(waiting() === 0 || running() === limit.running);
      }
      await Promise.resolve();
      assert.deepEqual(started, expected);
    }),
    { numRuns: 100 },
  );
});
