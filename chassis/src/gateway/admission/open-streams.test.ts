import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Caller } from "../../identity/caller.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { eventually } from "../../testing/eventually.ts";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, bodyOf, gatewayTo, libraryServer } from "../gateway.fixture.ts";
import type { GatewayOptions } from "../gateway.ts";

/** A gateway that lets everybody have two streams, before a service whose streams the test holds, newest last. */
async function twoStreams(t: TestContext, refuses = () => false, options: Partial<GatewayOptions> = {}) {
  const held: ServerResponse[] = [];
  const service = await libraryServer(t, (request, response) => {
    if (request.url !== "/news" || refuses()) return answerJson(response, refuses() ? 500 : 200, {});
    held.push(response.writeHead(200, { "content-type": "text/event-stream" }));
    return response.flushHeaders();
  });
  const metrics = createMetrics("gateway");
  const { url, gateway, requestLines } = await gatewayTo(t, [service.url], { streamLimit: 2, metrics, ...options });
  const leaving = new AbortController();
  const kept: Response[] = [];
  const listen = async (headers: Record<string, string> = {}, signal = leaving.signal) => {
    const response = await fetch(`${url}/api/news`, { headers, signal });
    // The body of a response that nobody holds any more is cancelled when it is collected, which ends the stream.
    kept.push(response);
    return response;
  };
  const open = async () => Number(/^streams_open\{.*\} (\d+)/m.exec(await metrics.text())?.[1]);
  const untilOpen = (count: number) => eventually(async () => (await open()) === count);
  return { url, gateway, requestLines, service, held, listen, leave: () => leaving.abort(), open, untilOpen };
}

test("who has as many streams open as one may is refused one more, and told so; others are not", async (t) => {
  const { url, listen, service } = await twoStreams(t);
  for (const left of ["1", "0"]) {
    const response = await listen(as("ann"));
    assert.equal(response.status, 200);
    assert.match(response.headers.get("ratelimit") ?? "", new RegExp(`"streams";r=${left}$`));
  }
  const refused = await listen(as("ann"));
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "15"]);
  assert.equal((await bodyOf(refused))["code"], "rate_limited");
  assert.match(refused.headers.get("ratelimit-policy") ?? "", /"streams";q=2;qu="concurrent-requests"$/);
  assert.match(refused.headers.get("ratelimit") ?? "", /"streams";r=0$/);
  assert.equal(service.requests.length, 2, "the service heard of it");
  assert.equal((await listen(as("root"))).status, 200, "another user");
  assert.equal((await listen()).status, 200, "an address without a user");
  assert.equal((await fetch(`${url}/api/books`, { headers: as("ann") })).status, 200, "what has an end");
});

test("an address that is not signed in has its places too", async (t) => {
  const { listen } = await twoStreams(t);
  const statuses = [];
  for (let count = 1; count <= 3; count++) statuses.push((await listen()).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

test("a stream that the client leaves frees its place", async (t) => {
  const { listen, leave, untilOpen } = await twoStreams(t);
  const [first, second] = [await listen(as("ann")), await listen(as("ann"))];
  assert.deepEqual([first.status, second.status], [200, 200]);
  leave();
  await untilOpen(0);
  const stays = new AbortController();
  t.after(() => stays.abort());
  assert.equal((await listen(as("ann"), stays.signal)).status, 200);
});

test("a stream that the service ends, or breaks off, frees its place", async (t) => {
  const { listen, held, untilOpen } = await twoStreams(t);
  const [ended, broken] = [await listen(as("ann")), await listen(as("ann"))];
  held[0]?.end();
  assert.equal(await ended.text(), "");
  await untilOpen(1);
  held[1]?.destroy();
  await assert.rejects(broken.text());
  await untilOpen(0);
  assert.equal((await listen(as("ann"))).status, 200);
});

test("a stream that never began frees its place: the service refused it, or the client had left before", async (t) => {
  let refuses = true;
  const { listen, untilOpen, url } = await twoStreams(t, () => refuses);
  for (let count = 1; count <= 3; count++) {
    assert.equal((await listen(as("ann"))).status, 500);
    await untilOpen(0);
  }
  refuses = false;
  const request = `GET /api/news HTTP/1.1\r\nhost: a\r\nauthorization: ${as("ann")["authorization"]}\r\n\r\n`;
  const { port } = new URL(url);
  for (let count = 1; count <= 3; count++) {
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    // Two in line on one connection that is gone before the second can have an answer.
    socket.write(request + request);
    await untilOpen(2);
    socket.destroy();
    await untilOpen(0);
  }
  assert.equal((await listen(as("ann"))).status, 200);
});

test("who has left while their token was looked at takes no place", async (t) => {
  const looked = Promise.withResolvers<Caller>();
  let looking = 0;
  const verify = () => {
    looking += 1;
    return looked.promise;
  };
  const { listen, leave, requestLines, service, held, untilOpen } = await twoStreams(t, undefined, { verify });
  const left = listen(as("ann")).catch(() => "left");
  await eventually(() => looking === 1);
  leave();
  assert.equal(await left, "left");
  await eventually(() => requestLines().length === 1);
  const stays = listen(as("ann"), new AbortController().signal);
  looked.resolve({ kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" });
  assert.equal((await stays).status, 200);
  await untilOpen(1);
  held[0]?.end();
  await untilOpen(0);
  assert.equal(service.requests.length, 1);
});

test("the streams that a stopping gateway ends free their places", async (t) => {
  const { listen, gateway, open } = await twoStreams(t);
  const streams = [await listen(as("ann")), await listen(as("ann"))];
  assert.equal(await open(), 2);
  await gateway.close();
  assert.deepEqual(await Promise.all(streams.map((stream) => stream.text())), ["", ""]);
  assert.equal(await open(), 0);
});
