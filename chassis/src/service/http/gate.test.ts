import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { currentContext } from "../../context/context.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Media } from "../../contract/schema.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { createLoadShedder, type LoadShedder } from "../../core/load/load-shedder.ts";
import type { Caller } from "../../identity/caller.ts";
import { createLog } from "../../telemetry/log.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { eventually } from "../../testing/eventually.ts";
import { addRoutes } from "../calls/routes.ts";
import { drain } from "../host/drain.ts";
import { createGate } from "./gate.ts";
import { createHttpServer } from "./http-server.ts";

const things = contract("things", {
  calls: {
    work: call("GET /work", { summary: "Work", access: "public", replies: { 204: null } }),
    hook: call("POST /hooks/{id}", { summary: "Hook", access: "public", priority: "high", replies: { 204: null } }),
    stream: call("GET /stream", {
      summary: "Stream",
      access: "public",
      replies: { 200: Media("text/plain") },
      timeout: 0,
    }),
  },
  events: {},
});

const people: Record<string, Caller> = {
  ann: { kind: "user", id: "ann", name: "Ann", role: "admin", session: "s1" },
  orders: { kind: "service", name: "orders" },
};

/** A server whose work lasts until the test lets it go. */
async function serve(t: TestContext, shedder: LoadShedder) {
  const begun: (string | undefined)[] = [];
  let goOn = Promise.withResolvers<void>();
  const metrics = createMetrics("things");
  const gate = createGate({ contract: things, shedder, known: (token) => people[token], metrics });
  const health = {
    service: "things",
    ready: () => true,
    draining: () => false,
    reachable: async () => !gate.stalledLately(),
  };
  const log = createLog({ service: "things", level: "silent" });
  const server = createHttpServer(health, log, metrics, { guard: gate.guard });
  const work = async () => {
    begun.push(currentContext()?.priority);
    await goOn.promise;
    return undefined;
  };
  const stopping = new Cancellation();
  const handlers = {
    work,
    hook: work,
    stream: async ({ signal }: { signal: AbortSignal }) =>
      (async function* () {
        yield "first";
        if (!signal.aborted) await once(signal, "abort");
      })(),
  };
  const verify = async () => ({ kind: "anonymous" }) as Caller;
  addRoutes(server, things, handlers as never, { verify, health, stopping, gate });
  t.after(async () => {
    goOn.resolve();
    stopping.cancel(unavailable.failure());
    gate.close();
    await drain(server);
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    begun,
    metrics,
    ask: (path = "/work", headers: Record<string, string> = {}, method = "GET") =>
      fetch(`${url}${path}`, { method, headers }),
    letGo() {
      goOn.resolve();
      goOn = Promise.withResolvers();
    },
  };
}

const one = { least: 1, most: 1 };

test("what is too much is refused with a problem that says when to come back, until there is room again", async (t) => {
  const { ask, begun, letGo } = await serve(t, createLoadShedder(one));
  const first = ask();
  await eventually(() => begun.length === 1);
  const refused = await ask();
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.equal(refused.headers.get("x-service"), "things");
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  assert.equal(((await refused.json()) as { code: string }).code, "unavailable");
  assert.equal((await ask("/nowhere")).status, 503);
  letGo();
  assert.equal((await first).status, 204);
  await eventually(async () => (await ask("/nowhere")).status === 404);
  assert.equal(begun.length, 1);
});

test("health and metrics are answered whatever there is to do, and tell of it", async (t) => {
  const { ask, begun } = await serve(t, createLoadShedder(one));
  void ask();
  await eventually(() => begun.length === 1);
  await ask();
  assert.equal((await ask("/health/ready")).status, 200);
  const metrics = await (await ask("/metrics")).text();
  assert.match(metrics, /requests_shed_total\{priority="normal",service="things"\} 1/);
  assert.match(metrics, /requests_under_way\{service="things"\} 1/);
});

test("what sagas and webhooks ask for gets in where others are refused, and nobody else by saying so", async (t) => {
  const { ask, begun } = await serve(t, createLoadShedder(one));
  void ask();
  await eventually(() => begun.length === 1);
  const urgent = { "x-priority": "high" };
  for (const token of ["ann", "unknown"]) {
    assert.equal((await ask("/work", { ...urgent, authorization: `Bearer ${token}` })).status, 503);
  }
  assert.equal((await ask("/work", urgent)).status, 503);
  assert.equal((await ask("/work", { authorization: "Bearer orders" })).status, 503);
  void ask("/work", { ...urgent, authorization: "Bearer orders" });
  await eventually(() => begun.length === 2);
  assert.equal((await ask("/work", { ...urgent, authorization: "Bearer orders" })).status, 503);
  assert.deepEqual(begun, ["normal", "high"]);
});

test("a call that its contract calls urgent is", async (t) => {
  const { ask, begun } = await serve(t, createLoadShedder(one));
  void ask();
  await eventually(() => begun.length === 1);
  assert.equal((await ask("/hooks/1/more", {}, "POST")).status, 503);
  void ask("/hooks/1?from=bank", {}, "POST");
  await eventually(() => begun.length === 2);
});

test("an answer without end is no work that others wait for", async (t) => {
  const shedder = createLoadShedder(one);
  const { ask } = await serve(t, shedder);
  const streams = await Promise.all([ask("/stream"), ask("/stream").then(() => ask("/stream"))]);
  assert.deepEqual(
    streams.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(shedder.underWay(), 0);
  for (const { body } of streams) await body?.cancel();
});

function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("a request whose time was over before it could be read is not begun", async (t) => {
  const { url, begun } = await serve(t, createLoadShedder());
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.write("GET /health/live HTTP/1.1\r\nhost: things\r\n\r\n");
  await once(socket, "data");
  // What is written now has arrived when the loop goes on.
  socket.write("GET /work HTTP/1.1\r\nhost: things\r\nx-deadline-ms: 100\r\n\r\n");
  standStill(600);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1.1 504 /);
  assert.deepEqual(begun, []);
});

test("after the event loop stood still for more than a second the service is not ready for a moment", async (t) => {
  const { ask, metrics } = await serve(t, createLoadShedder());
  await eventually(async () => (await ask("/health/ready")).status === 200);
  standStill(1_500);
  assert.equal((await ask("/health/ready")).status, 503);
  assert.equal((await ask("/health/live")).status, 200);
  await eventually(async () => (await ask("/health/ready")).status === 200);
  assert.match(await metrics.text(), /^event_loop_stalls_total\{.*\} [1-9]/m);
});
