import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { Child, Ended } from "./child.ts";
import { keepRunning } from "./keep-running.ts";

/** A process that does what the test says. */
function fakeChild(pid: number) {
  const ready = Promise.withResolvers<string | undefined>();
  const ended = Promise.withResolvers<Ended>();
  let letGo = false;
  const end = (how: string) => {
    ready.resolve(undefined);
    ended.resolve({ how, asked: how.endsWith("code 0"), words: [] });
  };
  const child: Child = {
    pid,
    ready: ready.promise,
    found: new Promise(() => {}),
    draining: new Promise(() => {}),
    stopped: ended.promise.then(() => {}),
    ended: ended.promise,
    tell: () => {},
    letGo() {
      letGo = true;
    },
    kill: () => end("was ended by SIGKILL"),
    stop: async () => end("drained"),
  };
  return { child, end, begins: () => letGo, isReady: () => ready.resolve(`http://127.0.0.1:${pid}`) };
}

function arranged() {
  const clock = fakeClock();
  const started: ReturnType<typeof fakeChild>[] = [];
  const waits: number[] = [];
  const ready: number[] = [];
  const start = async () => {
    const next = fakeChild(started.length + 1);
    started.push(next);
    return next.child;
  };
  const events = {
    starting: () => {},
    ready: ({ pid }: { pid: number }) => void ready.push(pid),
    draining: () => {},
    ended: (_end: Ended, wait: number) => void waits.push(wait),
  };
  return { clock, started, waits, ready, slot: keepRunning(start, events, clock) };
}

type Arranged = ReturnType<typeof arranged>;

/** Lets the process be ready, run for a while, and end by itself. */
async function liveAndDie({ clock, started }: Arranged, milliseconds: number): Promise<void> {
  started.at(-1)?.isReady();
  await clock.advance(milliseconds);
  started.at(-1)?.end("ended with exit code 1");
  await clock.advance(0);
}

test("a process that ends is followed by another, after ever longer waits of at most 10 s", async () => {
  const arrangement = arranged();
  for (let death = 1; death <= 12; death++) {
    await arrangement.clock.advance(0);
    assert.equal(arrangement.started.length, death);
    await liveAndDie(arrangement, 100);
    await arrangement.clock.advance(10_000);
  }
  const ceilings = arrangement.waits.map((_, index) => Math.min(10_000, 200 * 2 ** index));
  assert.ok(arrangement.waits.every((wait, index) => wait <= (ceilings[index] ?? 0)));
  assert.ok(Math.max(...arrangement.waits) > 200);
  await arrangement.slot.stop();
});

test("after a process that ran well, the waits begin again", async () => {
  const arrangement = arranged();
  for (const lived of [100, 100, 100, 100, 100, 10_000]) {
    await arrangement.clock.advance(10_000);
    await liveAndDie(arrangement, lived);
  }
  assert.ok((arrangement.waits.at(-1) ?? 1_000) <= 200);
  await arrangement.slot.stop();
});

test("the first start has failed when three processes ended before they were ready", async () => {
  const { clock, started, slot } = arranged();
  for (let death = 1; death <= 3; death++) {
    await clock.advance(10_000);
    started.at(-1)?.end("ended with exit code 1");
  }
  await assert.rejects(slot.firstReady, /exit code 1/);
  await slot.stop();
});

test("a process that is not ready within a minute is ended, and followed by another", async () => {
  const { clock, started, slot } = arranged();
  await clock.advance(59_999);
  assert.equal(started.length, 1);
  await clock.advance(10_001);
  assert.equal(started.length, 2);
  started.at(-1)?.isReady();
  await slot.firstReady;
  await slot.stop();
});

for (const way of ["stop", "kill"] as const) {
  test(`after ${way} no process follows, also when it comes during a wait`, async () => {
    const running = arranged();
    await running.clock.advance(0);
    running.started[0]?.isReady();
    await running.slot.firstReady;
    await running.slot[way]();
    const waiting = arranged();
    await liveAndDie(waiting, 0);
    await waiting.slot[way]();
    for (const { clock, started } of [running, waiting]) {
      await clock.advance(60_000);
      assert.equal(started.length, 1);
    }
  });
}

test("a process that was asked to end is followed at once, as often as it is asked, unless it never was ready", async () => {
  const arrangement = arranged();
  const { clock, started, waits } = arrangement;
  for (let restart = 1; restart <= 5; restart++) {
    await clock.advance(0);
    started.at(-1)?.isReady();
    await clock.advance(5);
    started.at(-1)?.end("ended with exit code 0");
    await clock.advance(0);
    assert.equal(started.length, restart + 1);
  }
  assert.deepEqual(waits, [0, 0, 0, 0, 0]);
  started.at(-1)?.end("ended with exit code 0");
  await clock.advance(0);
  assert.ok((waits.at(-1) as number) > 0);
});

async function running() {
  const arrangement = arranged();
  await arrangement.clock.advance(0);
  arrangement.started[0]?.isReady();
  await arrangement.slot.firstReady;
  return arrangement;
}
const never = new AbortController().signal;
const yes = Promise.resolve(true);

test("a process is replaced once the new one, which begins when it is approved, is ready, and drained then", async () => {
  const { clock, started, ready, slot, waits } = await running();
  const approval = Promise.withResolvers<boolean>();
  const replaced = slot.replace(approval.promise, never);
  await clock.advance(0);
  assert.equal(started[1]?.begins(), false);
  approval.resolve(true);
  await clock.advance(0);
  assert.deepEqual([started[1]?.begins(), slot.current()?.pid], [true, 1]);
  started[1]?.isReady();
  assert.equal(await replaced, "replaced");
  assert.equal(slot.current()?.pid, 2);
  assert.equal((await started[0]?.child.ended)?.how, "drained");
  started[1]?.end("was ended by SIGKILL");
  await clock.advance(10_000);
  assert.deepEqual([ready, started.length, waits.length], [[1, 2], 3, 1]);
  await slot.stop();
});

test("a new process that ends, is not approved or is not wanted any more changes nothing", async () => {
  const { clock, started, slot } = await running();
  const ended = slot.replace(yes, never);
  await clock.advance(0);
  started[1]?.end("ended with exit code 1");
  assert.equal(((await ended) as Ended).how, "ended with exit code 1");
  const refused = slot.replace(Promise.resolve(false), never);
  await clock.advance(0);
  assert.equal(started[2]?.begins(), false);
  assert.equal(await refused, "given up");
  const changedMind = new AbortController();
  const unwanted = slot.replace(yes, changedMind.signal);
  await clock.advance(0);
  changedMind.abort();
  assert.equal(await unwanted, "given up");
  for (const each of started.slice(1)) assert.ok(await each.child.ended);
  assert.equal(slot.current()?.pid, 1);
  await slot.stop();
});

test("where a process has failed its replacement starts at once", async () => {
  const { clock, started, slot } = await running();
  started[0]?.end("ended with exit code 1");
  await clock.advance(0);
  assert.equal(started.length, 1);
  assert.equal(await slot.replace(yes, never), "started again");
  await clock.advance(0);
  assert.equal(started.length, 2);
  await slot.stop();
});

test("when the old process dies meanwhile, the new one follows it and no other does", async () => {
  const { clock, started, slot } = await running();
  const replaced = slot.replace(yes, never);
  await clock.advance(0);
  started[0]?.end("was ended by SIGKILL");
  await clock.advance(20_000);
  started[1]?.isReady();
  assert.equal(await replaced, "replaced");
  await clock.advance(20_000);
  assert.deepEqual([slot.current()?.pid, started.length], [2, 2]);
  await slot.stop();
});

test("a stop ends a process that was to replace another as well", async () => {
  const { clock, started, slot } = await running();
  const replaced = slot.replace(yes, never);
  await clock.advance(0);
  await slot.stop();
  assert.equal(await replaced, "given up");
  assert.equal((await started[1]?.child.ended)?.how, "drained");
});
