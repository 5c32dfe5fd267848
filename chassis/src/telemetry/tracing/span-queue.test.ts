import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndedSpan } from "../../context/tracer.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { PartialSuccess } from "./otlp-exporter.ts";
import { createSpanQueue, type Dropped } from "./span-queue.ts";

const span = (name: string): EndedSpan => ({
  name,
  kind: "internal",
  trace: { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true },
  parentId: undefined,
  start: 0,
  end: 1,
  attributes: {},
  failed: false,
});

/** A queue of at most 10 spans, handed over three at a time, to a backend that answers as `send` says. */
function queueTo(send: (names: string[]) => Promise<PartialSuccess | undefined>) {
  const clock = fakeClock();
  const dropped: [number, Dropped][] = [];
  let sent = 0;
  const queue = createSpanQueue({
    send: (spans) => send(spans.map(({ name }) => name)),
    clock,
    most: 10,
    batch: 3,
    delay: 5_000,
    timeout: 30_000,
    onSent: (count) => {
      sent += count;
    },
    onDropped: (count, why) => void dropped.push([count, why]),
  });
  return { queue, clock, dropped, sent: () => sent };
}

const never = () => new Promise<undefined>(() => {});

test("spans wait for company, and not for long; a full batch goes at once", async () => {
  const batches: string[][] = [];
  const { queue, clock, sent } = queueTo(async (names) => {
    batches.push(names);
    return undefined;
  });
  queue.add(span("1"));
  await clock.advance(4_999);
  assert.deepEqual(batches, []);
  await clock.advance(1);
  assert.deepEqual(batches, [["1"]]);
  for (const name of ["2", "3", "4"]) queue.add(span(name));
  await clock.advance(0);
  assert.deepEqual([batches, sent()], [[["1"], ["2", "3", "4"]], 4]);
});

test("a backend that never answers makes nobody wait: what is too much is dropped and counted", async () => {
  const { queue, clock, dropped } = queueTo(never);
  for (let number = 1; number <= 20; number++) queue.add(span(String(number)));
  // The queue lets a batch go only in the next turn.
  assert.deepEqual(dropped, Array(10).fill([1, "full"]));
  await clock.advance(30_000);
  assert.deepEqual(dropped.at(-1), [3, "failed"], "after its time a batch is given up, and the next one goes");
});

test("a backend that refuses costs its spans and nothing else", async () => {
  let refuses = true;
  const { queue, clock, dropped, sent } = queueTo(async () => {
    if (refuses) throw new Error("400 nonsense");
  });
  queue.add(span("1"));
  await clock.advance(5_000);
  assert.deepEqual([dropped, sent()], [[[1, "failed"]], 0]);
  refuses = false;
  queue.add(span("2"));
  await clock.advance(5_000);
  assert.deepEqual([dropped.length, sent()], [1, 1]);
});

test("the end of the process waits two seconds for the backend, and no longer", async () => {
  const { queue, clock, dropped } = queueTo(never);
  for (const name of ["1", "2", "3", "4", "5"]) queue.add(span(name));
  let closed = false;
  void queue.close().then(() => {
    closed = true;
  });
  await clock.advance(1_999);
  assert.equal(closed, false);
  await clock.advance(1);
  assert.equal(closed, true);
  assert.deepEqual(dropped, [[2, "stopped"]], "what was under way may have arrived, what waited has not");
  queue.add(span("6"));
  assert.deepEqual(dropped.at(-1), [1, "stopped"]);
});

test("what waits at the end is handed over at once", async () => {
  const batches: string[][] = [];
  const { queue, dropped } = queueTo(async (names) => {
    batches.push(names);
    return undefined;
  });
  for (const name of ["1", "2", "3", "4"]) queue.add(span(name));
  await queue.close();
  assert.deepEqual([batches, dropped], [[["1", "2", "3"], ["4"]], []]);
  await queue.close();
});
