import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Media } from "../../contract/schema.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { eventually } from "../../testing/eventually.ts";
import { httpServer } from "../../testing/servers/http-server.ts";
import { as, gatewayTo, problemOf } from "../gateway.fixture.ts";
import { createOverload } from "./overload.ts";

const replies = { 200: Media("text/plain") };
const mill = contract("mill", {
  calls: {
    grind: call("GET /grind", { summary: "Grind", access: "public", replies }),
    bring: call("POST /grain", { summary: "Bring", access: "customer", replies }),
    hook: call("POST /hooks/{id}", { summary: "Hook", access: "public", priority: "high", replies }),
    listen: call("GET /noise", { summary: "Listen", access: "public", timeout: 0, replies }),
  },
  events: {},
});
const bakery = contract("bakery", {
  calls: { bake: call("GET /bread", { summary: "Bake", access: "public", replies }) },
  events: {},
});

/** A gateway that lets one request to each service in at a time; what the mill is asked for lasts until the test lets it go. */
async function busyMill(t: TestContext) {
  const held: ServerResponse[] = [];
  const answer = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/plain" }).end("done");
  const millServer = await httpServer(t, (_, response) => void held.push(response), "mill");
  const bakeryServer = await httpServer(t, (_, response) => void answer(response), "bakery");
  const metrics = createMetrics("gateway");
  const { url, lines, requestLines } = await gatewayTo(t, [], {
    contracts: [mill, bakery],
    discovery: staticDiscovery({ mill: [millServer.url], bakery: [bakeryServer.url] }),
    overload: { least: 1, most: 1 },
    metrics,
  });
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init);
  return {
    url,
    ask,
    held,
    lines,
    requestLines,
    metrics,
    letGo: () => held.splice(0).map(answer),
  };
}

test("what is too much for a service is refused at once and says when to come back, until there is room again", async (t) => {
  const { ask, held, letGo, lines, requestLines, metrics } = await busyMill(t);
  const first = ask("/api/grind");
  await eventually(() => held.length === 1);
  const refused = await ask("/api/grind");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.equal((await problemOf(refused))["code"], "unavailable");
  assert.equal(held.length, 1, "the service heard of it");
  assert.match(await metrics.text(), /requests_shed_total\{priority="normal",target="mill",service="gateway"\} 1/);
  assert.match(await metrics.text(), /requests_under_way\{target="mill",service="gateway"\} 1/);
  assert.equal(lines.filter(({ level }) => level === "warn").length, 0, "an overload is not made worse by words");
  letGo();
  assert.equal((await first).status, 200);
  await eventually(() => requestLines().length === 2);
  const again = ask("/api/grind");
  await eventually(() => held.length === 1);
  letGo();
  assert.equal((await again).status, 200);
});

test("one service that has too much to do costs those nothing who ask for another, nor health and documents", async (t) => {
  const { ask, held, letGo } = await busyMill(t);
  const first = ask("/api/grind");
  await eventually(() => held.length === 1);
  assert.equal((await ask("/api/grind")).status, 503);
  for (const path of ["/api/bread", "/health/ready", "/health/live", "/api/openapi.json"]) {
    assert.equal((await ask(path)).status, 200, path);
  }
  letGo();
  await first;
});

test("streams are never refused and take nobody's place", async (t) => {
  const { ask, held, letGo } = await busyMill(t);
  const streams = [ask("/api/noise"), ask("/api/noise")];
  await eventually(() => held.length === 2);
  const work = ask("/api/grind");
  await eventually(() => held.length === 3);
  assert.equal((await ask("/api/grind")).status, 503);
  const late = ask("/api/noise");
  await eventually(() => held.length === 4);
  letGo();
  for (const asked of [...streams, work, late]) assert.equal((await asked).status, 200);
});

test("what its contract calls urgent gets in where others are refused, up to twice the limit", async (t) => {
  const { ask, held, letGo } = await busyMill(t);
  const first = ask("/api/grind");
  await eventually(() => held.length === 1);
  assert.equal((await ask("/api/grind", { headers: { "x-priority": "high" } })).status, 503);
  const urgent = ask("/api/hooks/1", { method: "POST" });
  await eventually(() => held.length === 2);
  assert.equal((await ask("/api/hooks/2", { method: "POST" })).status, 503);
  letGo();
  assert.deepEqual([(await first).status, (await urgent).status], [200, 200]);
});

test("who sends a body slowly takes nobody's place", async (t) => {
  const { url, ask, held, letGo } = await busyMill(t);
  const slow = connect(Number(new URL(url).port), "127.0.0.1");
  t.after(() => slow.destroy());
  await once(slow, "connect");
  const { authorization } = as("ann");
  slow.write(`POST /api/grain HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\nexpect: 100-continue\r\n`);
  slow.write("content-type: text/plain\r\ncontent-length: 5\r\n\r\n");
  assert.match(String((await once(slow, "data"))[0]), /^HTTP\/1.1 100 /);
  slow.write("whe");
  const quick = ask("/api/grind");
  await eventually(() => held.length === 1);
  letGo();
  assert.equal((await quick).status, 200);
  slow.write("at");
  await eventually(() => held.length === 1);
  letGo();
  assert.match(String((await once(slow, "data"))[0]), /^HTTP\/1.1 200 /);
});

test("a service whose requests wait long for a connection gets fewer of them, and the others as many as before", async (t) => {
  const metrics = createMetrics("gateway");
  const overload = createOverload(["mill", "bakery"], metrics, { least: 10, most: 100 });
  t.after(() => overload.close());
  const limit = async (target: string) =>
    Number(new RegExp(`^requests_limit\\{target="${target}".*\\} (\\d+)`, "m").exec(await metrics.text())?.[1]);
  assert.equal(await limit("mill"), 100);
  await eventually(async () => {
    overload.waited("mill", 5_000);
    overload.waited("bakery", 0);
    return (await limit("mill")) === 10;
  });
  assert.equal(await limit("bakery"), 100);
  await eventually(async () => {
    overload.waited("mill", 0);
    return (await limit("mill")) === 100;
  });
});

test("after the event loop stood still for more than a second the gateway is not ready for a moment", async (t) => {
  const { ask, metrics } = await busyMill(t);
  await eventually(async () => (await ask("/health/ready")).status === 200);
  const end = performance.now() + 1_500;
  while (performance.now() < end);
  assert.equal((await ask("/health/ready")).status, 503);
  assert.equal((await ask("/health/live")).status, 200);
  await eventually(async () => (await ask("/health/ready")).status === 200);
  assert.match(await metrics.text(), /^event_loop_stalls_total\{.*\} [1-9]/m);
});
