import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "../../testing/fake-clock.ts";
import { memoryBroker } from "./memory/memory-broker.ts";
import { openedWhenUsed } from "./opened-when-used.ts";

const failing = (times: number) => {
  const opened = { tries: 0, closed: 0 };
  const broker = openedWhenUsed(async () => {
    opened.tries += 1;
    if (opened.tries <= times) throw new Error(`not up ${opened.tries}`);
    const memory = memoryBroker({ clock: fakeClock() });
    const close = async () => {
      opened.closed += 1;
    };
    return { ...memory, close };
  });
  return { broker, opened };
};

test("a broker is opened when it is used, and again when that failed", async () => {
  const { broker, opened } = failing(1);
  assert.deepEqual([opened.tries, broker.state()], [0, "away"]);
  await assert.rejects(broker.declare(new Map()), /not up 1/);
  assert.equal(broker.state(), "away");
  await Promise.all([broker.declare(new Map()), broker.publish([])]);
  assert.deepEqual([opened.tries, broker.state()], [2, "connected"]);
});

test("what was opened is closed, also when it was opened after all", async () => {
  const { broker, opened } = failing(0);
  await broker.declare(new Map());
  await broker.close();
  assert.equal(opened.closed, 1);
  const late = failing(0);
  const declaring = late.broker.declare(new Map());
  await late.broker.close();
  await declaring.catch(() => {});
  assert.ok(late.opened.closed >= 1);
});

test("closing what nobody used opens nothing", async () => {
  const { broker, opened } = failing(0);
  await broker.close();
  assert.equal(opened.tries, 0);
});
