import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cancellation } from "../../../core/cancellation.ts";
import { deadlineExceeded } from "../../../core/failure/failure.ts";
import { eventually } from "../../../testing/eventually.ts";
import { answerTooLarge } from "../../answers/exchange.ts";
import { FAIR_TIME } from "../../attempt-outcome.ts";
import { createTransport } from "../transport.ts";
import { FrameKind, frameText } from "./frame.ts";

import { type Asked, answer, but, connected, endless, offering } from "./offering.fixture.ts";

test("answers reach who asked, in whatever order they come", async (t) => {
  const asked: Asked[] = [];
  const { send } = await connected(
    t,
    but((one) => {
      asked.push(one);
      if (asked.length === 3)
        for (const { id, path, socket } of asked.reverse()) socket.write(answer(id, "200", `"${path}"`), "latin1");
    }),
  );
  const answers = await Promise.all(["/a", "/b", "/c"].map((path) => send(path)));
  assert.deepEqual(
    answers.map((exchange) => "answer" in exchange && exchange.answer.text),
    ['"/a"', '"/b"', '"/c"'],
  );
});

test("an answer that is too large is an error of its request alone", async (t) => {
  const { send, upgrades } = await connected(
    t,
    but(({ id, path, socket }) => {
      socket.write(answer(id, "200", path === "/large" ? "x".repeat(10 * 2 ** 20) : "{}"), "latin1");
    }),
  );
  const [large, small] = await Promise.all([send("/large"), send("/small")]);
  assert.deepEqual(large, { error: answerTooLarge, sent: true });
  assert.ok("answer" in small);
  assert.equal(upgrades(), 1);
});

test("answers that nobody waits for are passed over, also a second one", async (t) => {
  const { send, upgrades } = await connected(
    t,
    but(({ id, socket }) => {
      socket.write(
        answer(id + 1, "200", '"nobody"') + answer(id, "200", '"mine"') + answer(id, "200", '"again"'),
        "latin1",
      );
    }),
  );
  for (const path of ["/a", "/b"]) {
    const exchange = await send(path);
    assert.ok("answer" in exchange && exchange.answer.text === '"mine"');
  }
  assert.equal(upgrades(), 1);
});

test("who gives up tells the service; where nothing comes at all the connection is given up too", async (t) => {
  const asked: Asked[] = [];
  const { send, frames, overHttp, sockets } = await connected(
    t,
    but((one) => void asked.push(one)),
  );
  const why = deadlineExceeded.failure();
  const late = new Cancellation();
  const waits = send("/a", late);
  await eventually(() => asked.length === 1);
  await send("/ready");
  late.cancel(why);
  assert.deepEqual(await waits, { error: why, sent: true });
  await eventually(() => frames.some(({ kind, id }) => kind === FrameKind.cancel && id === asked[0]?.id));
  const before = overHttp();
  await send("/ready");
  assert.equal(overHttp(), before, "it is used as before: the service said something meanwhile");

  const lost = new Cancellation();
  const silent = send("/b", lost);
  await eventually(() => asked.length === 2);
  // Who had no time to get an answer can't tell.
  await delay(FAIR_TIME);
  lost.cancel(why);
  assert.deepEqual(await silent, { error: why, sent: true });
  await eventually(() => sockets[0]?.readableEnded === true);
});

test("a service that wants no more requests gets none, and answers those it has", async (t) => {
  const asked: Asked[] = [];
  const { send, sockets, overHttp } = await connected(
    t,
    but((one) => void asked.push(one)),
  );
  const waits = send("/a");
  await eventually(() => asked.length === 1);
  const before = overHttp();
  sockets[0]?.write(frameText(FrameKind.last, 0), "latin1");
  await eventually(async () => {
    await send("/ready");
    return overHttp() > before;
  });
  sockets[0]?.write(answer(asked[0]?.id ?? 0, "200"), "latin1");
  assert.ok("answer" in (await waits));
  await eventually(() => sockets[0]?.readableEnded === true);
});

test("where an offer leads to nothing calls go over HTTP, and it is not tried again at once", async (t) => {
  const { url, upgrades, overHttp } = await offering(t, () => {}, false);
  const transport = createTransport();
  t.after(() => transport.close());
  const headers = ["authorization", "Bearer token"];
  for (let at = 0; at < 20; at += 1) {
    const request = { method: "GET", path: "/", body: undefined, headers, canMultiplex: true };
    assert.ok("answer" in (await transport.send(url, request, endless)));
  }
  assert.equal(overHttp(), 20);
  await eventually(() => upgrades() === 1);
});

test("without a token, and for what may not be shared, there is no such connection", async (t) => {
  const { url, upgrades } = await offering(t, () => {});
  const transport = createTransport();
  t.after(() => transport.close());
  for (let at = 0; at < 5; at += 1)
    await transport.send(url, { method: "GET", path: "/", body: undefined, headers: [], canMultiplex: true }, endless);
  assert.equal(upgrades(), 0);
});

test("closing ends the connection after what is under way", async (t) => {
  const asked: Asked[] = [];
  const { send, transport, sockets } = await connected(
    t,
    but((one) => void asked.push(one)),
  );
  const waits = send("/a");
  await eventually(() => asked.length === 1);
  const closed = transport.close();
  sockets[0]?.write(answer(asked[0]?.id ?? 0, "200"), "latin1");
  assert.ok("answer" in (await waits));
  await closed;
  await eventually(() => sockets[0]?.readableEnded === true);
});
