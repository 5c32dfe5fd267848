import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Asker } from "../http/connection.ts";
import { UpstreamError } from "../http/upstream-error.ts";
import { MOST_SLOTS } from "./slots.ts";
import { type Ready, waitingAskers } from "./waiting-askers.ts";

/** Two at a time, and what becomes of each that joins. */
function twoAtATime(patience?: number, most = 2) {
  const sent: string[] = [];
  const became = new Map<string, string>();
  const waiting = waitingAskers({ service: "things", most, patience }, ({ head }) => void sent.push(head));
  const join = (name: string, onHead = () => {}, idle = false): Ready => {
    const asker: Asker = {
      onHead,
      onData: () => true,
      onEnd: () => void became.set(name, "answered"),
      onError: (error) => void became.set(name, error instanceof UpstreamError ? error.fault : error.message),
      onWaited: (milliseconds) => void became.set(name, milliseconds > 0 ? "waited" : "went at once"),
    };
    const ready: Ready = { head: name, body: undefined, asker, idle, id: undefined, sentAt: 0 };
    waiting.join(ready);
    return ready;
  };
  const answer = ({ id }: Ready) => waiting.answer(id as number, "200", Buffer.alloc(0));
  return { sent, became, waiting, join, answer };
}

test("what is too much waits in line, and is sent when another is answered, has failed or is waited for no more", async () => {
  const { sent, became, waiting, join, answer } = twoAtATime();
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => join(name)) as [Ready, Ready, Ready, Ready, Ready];
  assert.deepEqual([sent.join(), became.get("b")], ["a,b", "went at once"]);
  await delay(2);
  answer(b);
  assert.deepEqual([sent.join(), became.get("b"), became.get("c")], ["a,b,c", "answered", "waited"]);
  waiting.fail(a.id as number, new Error("odd"));
  assert.deepEqual([sent.join(), became.get("a")], ["a,b,c,d", "odd"]);
  assert.equal(waiting.leave(c), true, "it was sent");
  assert.equal(sent.join(), "a,b,c,d,e");
  answer(c);
  answer(b);
  assert.equal(became.get("c"), "waited", "nobody waits for it");
  assert.equal(waiting.size(), 2);
  assert.deepEqual([waiting.leave(d), waiting.leave(d), waiting.leave(e), waiting.size()], [true, false, true, 0]);
});

test("who leaves the line, or has waited in it for too long, is not sent", async () => {
  const { sent, became, waiting, join, answer } = twoAtATime(20);
  const [a, b, c] = [join("a"), join("b"), join("c")];
  assert.equal(waiting.leave(c), false);
  const late = join("late");
  await delay(60);
  assert.equal(became.get("late"), "busy");
  answer(a);
  answer(b);
  assert.deepEqual([sent.join(), waiting.leave(late)], ["a,b", false]);
});

test("when the connection ends what was sent fails with its error, and what was not as unreachable", () => {
  const { sent, became, waiting, join } = twoAtATime();
  for (const name of ["a", "b", "c"]) join(name);
  waiting.failAll(new UpstreamError("broken", "the connection ended"));
  assert.deepEqual(Array.from(became.values()), ["broken", "broken", "unreachable"]);
  assert.deepEqual([sent.join(), waiting.size()], ["a,b", 0]);
});

test("before the last all that stand in line are sent", () => {
  const { sent, waiting, join } = twoAtATime();
  for (const name of ["a", "b", "c", "d"]) join(name);
  waiting.hurry();
  assert.deepEqual([sent.join(), waiting.size()], ["a,b,c,d", 4]);
});

test("what does not fit even then can be asked for elsewhere", () => {
  const { became, waiting, join } = twoAtATime(undefined, MOST_SLOTS);
  for (let count = 0; count <= MOST_SLOTS; count++) join(`r${count}`);
  waiting.hurry();
  assert.deepEqual([became.get(`r${MOST_SLOTS}`), waiting.size()], ["unreachable", MOST_SLOTS]);
});

test("what somebody makes of an answer is no fault of the others", () => {
  const { became, join, answer } = twoAtATime();
  const bad = join("bad", () => {
    throw new Error("thrown");
  });
  const good = join("good");
  answer(bad);
  answer(good);
  assert.deepEqual([became.get("bad"), became.get("good")], ["thrown", "answered"]);
});

test("what waits for what others do takes no place of those that are worked on", () => {
  const { sent, became, join, answer } = twoAtATime();
  const idle = Array.from({ length: 10 }, (_, at) => join(`idle ${at}`, undefined, true));
  const first = join("a");
  join("b");
  join("c");
  assert.deepEqual([sent.length, sent.at(-1), became.get("c")], [12, "b", undefined]);
  for (const each of idle.slice(5)) answer(each);
  assert.equal(sent.at(-1), "b", "their ends make no room");
  answer(first);
  assert.equal(sent.at(-1), "c");
});

test("beside a caller who fills all places another one goes at once, with an equal share of them", () => {
  const { sent, waiting } = twoAtATime(undefined, 4);
  const asker: Asker = { onHead() {}, onData: () => true, onEnd() {}, onError() {} };
  const ask = (caller: string, idle = false): Ready => {
    const ready: Ready = { head: caller, body: undefined, asker, caller, idle, id: undefined, sentAt: 0 };
    waiting.join(ready);
    return ready;
  };
  for (let one = 0; one < 8; one++) ask("flood", true);
  const flood = Array.from({ length: 300 }, () => ask("flood"));
  assert.equal(sent.length, 8 + 4);
  const ann = Array.from({ length: 3 }, () => ask("ann"));
  assert.deepEqual(
    ann.map(({ id }) => id !== undefined),
    [true, true, false],
  );
  for (const { id } of ann.slice(0, 2)) waiting.answer(id as number, "200", Buffer.alloc(0));
  assert.notEqual(ask("ann").id, undefined, "a share that was given back is there again");
  assert.equal(flood[4]?.id, undefined);
});
