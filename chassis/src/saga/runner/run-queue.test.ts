import assert from "node:assert/strict";
import { test } from "node:test";
import { createRunQueue } from "./run-queue.ts";

function setUp(concurrency: number) {
  const running = new Map<string, () => void>();
  const free: number[] = [];
  let now = 0;
  const queue = createRunQueue<string>({
    concurrency,
    run: (item) =>
      new Promise((resolve) => {
        running.set(item, () => resolve(void running.delete(item)));
      }),
    onFree: () => free.push(queue.free()),
    now: () => now,
  });
  const end = async (item: string) => {
    running.get(item)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { queue, running, free, end, pass };
}

test("items run in their order, no more at once than there are places", async () => {
  const { queue, running, free, end } = setUp(2);
  for (const item of ["a", "b", "c", "d"]) queue.add(item);
  assert.deepEqual([...running.keys()], []);
  queue.start();
  assert.deepEqual([[...running.keys()], queue.free()], [["a", "b"], -2]);
  await end("a");
  assert.deepEqual([[...running.keys()], free], [["b", "c"], []]);
  for (const item of ["b", "c", "d"]) await end(item);
  assert.deepEqual(free, [1, 2]);
});

test("stopping waits for what runs, and begins nothing more", async () => {
  const { queue, running, end } = setUp(1);
  queue.start();
  for (const item of ["a", "b"]) queue.add(item);
  let isStopped = false;
  const stopped = queue.stop().then(() => {
    isStopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isStopped, false);
  await end("a");
  await stopped;
  assert.deepEqual([...running.keys()], []);
});

test("those that have run for a second leave their places to others, as many as there are places", async () => {
  const { queue, running, end, pass } = setUp(2);
  queue.start();
  for (const item of ["a", "b", "c", "d", "e"]) queue.add(item);
  queue.passSlow();
  assert.deepEqual([...running.keys()], ["a", "b"]);
  pass(1_000);
  queue.passSlow();
  assert.deepEqual([...running.keys()], ["a", "b", "c", "d"]);
  pass(1_000);
  queue.passSlow();
  assert.deepEqual([...running.keys()], ["a", "b", "c", "d"]);
  await end("a");
  queue.passSlow();
  assert.deepEqual([...running.keys()], ["b", "c", "d", "e"]);
});
