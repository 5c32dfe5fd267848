import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../../testing/eventually.ts";
import { FAIR_TIME } from "../../attempt-outcome.ts";
import { UpstreamError } from "../http/upstream-error.ts";
import { FrameKind } from "./frame.ts";
import { createMultiplexer } from "./multiplexer.ts";
import { type Asked, answer, offering } from "./offering.fixture.ts";

/** A connection that takes one request at a time, what was asked over it, and what became of each. */
async function oneAtATime(t: TestContext) {
  const asked: Asked[] = [];
  const { url, frames } = await offering(t, (one) => void asked.push(one));
  const multiplexer = createMultiplexer({ largestAnswer: 1_000, most: 1 });
  t.after(() => multiplexer.close());
  multiplexer.offered(url, () => "Bearer token");
  const connection = await eventually(() => multiplexer.connectionTo(url));
  const became = new Map<string, string>();
  const ask = (path: string) =>
    connection.ask(
      { method: "GET", path, headers: [], body: undefined },
      {
        onHead() {},
        onData: () => true,
        onEnd: () => void became.set(path, "answered"),
        onError: (error) => void became.set(path, error instanceof UpstreamError ? error.fault : error.message),
      },
    );
  const kinds = () => frames.map(({ kind }) => kind);
  const isOpen = () => multiplexer.connectionTo(url) === connection;
  return { asked, became, ask, kinds, isOpen, connection };
}

test("who gives up in line was not sent, and the connection goes on", async (t) => {
  const { asked, became, ask, isOpen } = await oneAtATime(t);
  ask("/slow");
  const late = ask("/late");
  ask("/next");
  await delay(FAIR_TIME + 20);
  assert.equal(late.giveUp(), false);
  assert.equal(isOpen(), true);
  await eventually(() => asked.length === 1);
  asked[0]?.socket.write(answer(asked[0].id, "200"), "latin1");
  await eventually(() => asked.length === 2);
  assert.deepEqual([asked[1]?.path, became.get("/slow"), became.get("/late")], ["/next", "answered", undefined]);
});

test("where a connection has lost its way, who stands in line can be asked for elsewhere", async (t) => {
  const { became, ask, kinds, isOpen } = await oneAtATime(t);
  const lost = ask("/lost");
  ask("/next");
  await delay(FAIR_TIME + 20);
  assert.equal(lost.giveUp(), true);
  assert.equal(isOpen(), false);
  assert.equal(became.get("/next"), "unreachable");
  await eventually(() => kinds().includes(FrameKind.last));
  assert.equal(kinds().filter((kind) => kind === FrameKind.request).length, 1);
});

test("a connection that is to take no more sends who stands in line first", async (t) => {
  const { asked, ask, kinds, connection } = await oneAtATime(t);
  for (const path of ["/a", "/b", "/c"]) ask(path);
  connection.retire();
  await eventually(() => kinds().includes(FrameKind.last));
  assert.deepEqual(
    asked.map(({ path }) => path),
    ["/a", "/b", "/c"],
  );
  assert.equal(kinds().at(-1), FrameKind.last);
});
