import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cancellation } from "../../core/cancellation.ts";
import { deadlineExceeded } from "../../core/failure/failure.ts";
import { eventually } from "../../testing/eventually.ts";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { FAIR_TIME } from "../attempt-outcome.ts";
import { createTransport } from "./transport.ts";

const endless = new Cancellation();
const post = (body: string) => ({
  method: "POST",
  path: "/",
  body,
  headers: ["content-type", "application/json"],
  canMultiplex: true,
});

test("texts arrive as they were, in ASCII and beyond, whether they come in one piece or in many", async (t) => {
  const server = await httpServer(t, ({ body }, response) => answerJson(response, 200, JSON.parse(body)));
  const transport = createTransport();
  t.after(() => transport.close());
  for (const text of ["plain", "ü", "日本", "🚢", "🚢".repeat(50_000)]) {
    const exchange = await transport.send(server.url, post(JSON.stringify({ text })), endless);
    assert.ok("answer" in exchange);
    assert.deepEqual(JSON.parse(exchange.answer.text), { text });
  }
  assert.equal(server.connections(), 1);
});

test("what can't be sent or whose time is over was not sent", async (t) => {
  const server = await httpServer(t, (_request, response) => answerJson(response, 200, {}));
  const transport = createTransport();
  t.after(() => transport.close());
  const late = new Cancellation();
  late.cancel(deadlineExceeded.failure());
  const sent = async (origin: string, headers: string[], cancellation = endless) => {
    const request = { method: "GET", path: "/", body: undefined, headers, canMultiplex: true };
    const exchange = await transport.send(origin, request, cancellation);
    return "error" in exchange && exchange.sent;
  };
  assert.equal(await sent(server.url, ["x-a", "1\r\nx-b: 2"]), false);
  assert.equal(await sent("https://127.0.0.1:1", []), false);
  assert.equal(await sent("http://127.0.0.1:1", []), false);
  assert.equal(await sent(server.url, [], late), false);
  assert.equal(server.requests.length, 0);
});

test("a call that gives up before there is a connection was not sent, one that waits for its answer was", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const server = await httpServer(t, () => arrived.resolve());
  const transport = createTransport();
  const late = new Cancellation();
  const waits = transport.send(server.url, post("{}"), late);
  await arrived.promise;
  const why = deadlineExceeded.failure();
  late.cancel(why);
  assert.deepEqual(await waits, { error: why, sent: true });

  const early = new Cancellation();
  const begins = transport.send(server.url, post("{}"), early);
  early.cancel(why);
  assert.deepEqual(await begins, { error: why, sent: false });
  assert.equal(server.requests.length, 1);
  await transport.close();
});

for (const [patience, what] of [
  [
    FAIR_TIME + 20,
    "when there was no answer in time, what comes next gets a new connection: all may have lost their way",
  ],
  [0, "who had no time for an answer costs nobody else a connection"],
] as const) {
  test(what, async (t) => {
    const held: ServerResponse[] = [];
    const server = await httpServer(t, (_request, response) => void held.push(response));
    const answerAll = (): void => {
      for (const response of held.splice(0)) answerJson(response, 200, {});
    };
    const transport = createTransport();
    t.after(() => transport.close());
    const two = [1, 2].map(() => transport.send(server.url, post("{}"), endless));
    await eventually(() => held.length === 2);
    answerAll();
    await Promise.all(two);
    const impatient = new Cancellation();
    const late = transport.send(server.url, post("{}"), impatient);
    await eventually(() => held.length === 1);
    await delay(patience);
    impatient.cancel(deadlineExceeded.failure());
    await late;
    assert.equal(server.connections(), 2);
    held.splice(0);
    const next = transport.send(server.url, post("{}"), endless);
    await eventually(() => held.length === 1);
    answerAll();
    assert.ok("answer" in (await next));
    assert.equal(server.connections(), patience > 0 ? 3 : 2);
  });
}
