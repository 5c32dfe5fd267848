import assert from "node:assert/strict";
import { test } from "node:test";
import { staticDiscovery } from "../../discovery/static.ts";
import { eventually } from "../../testing/eventually.ts";
import { httpServer } from "../../testing/servers/http-server.ts";
import { as, gatewayTo, sendBytes } from "../gateway.fixture.ts";
import { begun, bell, left, music, sharing } from "./shared-connections.fixture.ts";

const json = { "content-type": "application/json" };
const post = (body: string | Buffer, headers: Record<string, string> = json) => ({ method: "POST", body, headers });

test("requests share one connection to a service, with the same answers as over one of their own", async (t) => {
  const { service, ask, around, untilShared } = await sharing(t);
  const { url: unshared } = await gatewayTo(t, [], around);
  await untilShared();
  const requests: [string, RequestInit?][] = [
    ["/songs/%F0%9F%9A%A2%20?times=3"],
    ["/songs/a?times=none"],
    ["/songs/a", { headers: { authorization: "Bearer nobody" } }],
    ["/songs/a", { method: "HEAD" }],
    ["/songs/a", { method: "DELETE" }],
    ["/songs", post('{"title":"日本 ü"}')],
    ["/songs", post('{"title":"gone"}')],
    ["/songs", post('{"title":"a","more":1}')],
    ["/songs", post("{")],
    ["/songs", post("")],
    ["/songs", post('{"title":"a"}', { "content-type": "text/plain" })],
    ["/songs", post(JSON.stringify({ title: "x".repeat(70_000) }))],
    ["/upload", { ...post(JSON.stringify({ title: "x".repeat(70_000) })), method: "PUT" }],
    ["/full", post("")],
    ["/odd", { method: "POST" }],
    ["/songs/none/such"],
    ["/count"],
    ["/shown"],
  ];
  const told = async (response: Response) => {
    const { date, "x-request-id": id, ratelimit, ...headers } = Object.fromEntries(response.headers);
    const text = (await response.text()).replaceAll(String(id), "id");
    return { status: response.status, headers, text };
  };
  const asked: string[] = [];
  for (const [path, init] of requests) {
    const before = service.overHttp.length;
    const here = await told(await ask(path, init));
    asked.push(...service.overHttp.slice(before));
    const headers = { ...as("ann"), ...init?.headers };
    const there = await told(await fetch(`${unshared}/api${path}`, { ...init, headers }));
    assert.deepEqual(here, there, `${init?.method ?? "GET"} ${path}`);
  }
  assert.deepEqual(asked, ["HEAD /songs/a", "PUT /upload"], "over connections of their own");
  assert.equal(service.upgrades(), 1);
});

test("a client that leaves frees the service, and nobody else notices", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = { begun: begun.length, left: left.length, overHttp: service.overHttp.length };
  const leaving = new AbortController();
  const gone = ask("/dawdle", { method: "POST", signal: leaving.signal }).catch(() => "gone");
  await eventually(() => begun.length > before.begun);
  const stays = ask("/dawdle", { method: "POST" });
  await eventually(() => begun.length > before.begun + 1);
  leaving.abort();
  assert.equal(await gone, "gone");
  await eventually(() => left.length > before.left);
  bell.emit("ring");
  assert.equal((await stays).status, 204);
  assert.equal(left.length, before.left + 1);
  assert.deepEqual([service.overHttp.length, service.upgrades()], [before.overHttp, 1]);
});

test("what has no end, is no JSON, or has no body by its method goes over a connection of its own", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  assert.equal(await (await ask("/cover")).text(), "<svg/>");
  assert.equal((await ask("/songs/a", { method: "HEAD" })).status, 200);
  assert.equal(service.overHttp.length, before + 2);
});

test("a service that goes down in the middle is asked once more for what is harmless, and shared with again when it is back", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = begun.length;
  const late = ask("/dawdle", { method: "POST" });
  await eventually(() => begun.length > before);
  service.cut();
  assert.equal((await late).status, 502, "it may have been done");
  assert.equal((await ask("/songs/b")).status, 200);
  await untilShared();
  assert.equal(service.upgrades(), 2);
});

test("a client's own words are no frame, and a header that it sends twice is no fault of its request", async (t) => {
  const { service, url, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  const head = [
    "GET /api/songs/a HTTP/1.1",
    "Host: a",
    "Authorization: Bearer ann",
    "Accept: text/html",
    "Accept: application/json",
    "User-Agent: caf\xe9\t\x80\xff",
    "X-Multiplex: flotilla-calls/1",
    "Connection: close",
  ];
  assert.match(await sendBytes(url, [...head, "", ""].join("\r\n")), /^HTTP\/1.1 200 /);
  assert.equal(service.overHttp.length, before);
});

test("without a token of its own, or before one that is not the service, the gateway opens no such connection", async (t) => {
  let wanted = 0;
  const { service, ask } = await sharing(t, {
    tokenFor: async () => {
      wanted += 1;
      throw new Error("no key");
    },
  });
  for (let count = 0; count < 5; count++) assert.equal((await ask("/songs/a")).status, 200);
  assert.deepEqual([wanted, service.upgrades()], [1, 0]);
  const seen: unknown[] = [];
  const other = await httpServer(
    t,
    ({ headers }, response) => {
      seen.push(headers.authorization ?? "nobody");
      response.writeHead(200, { "x-multiplex": "flotilla-calls/1", "content-type": "application/json" }).end("{}");
    },
    "another",
  );
  const discovery = staticDiscovery({ music: [other.url] });
  const { url } = await gatewayTo(t, [], { contracts: [music], discovery, tokenFor: async () => "orders" });
  for (const path of ["/shown", "/songs/a", "/songs/b", "/shown"]) {
    assert.equal((await fetch(`${url}/api${path}`, { headers: as("ann") })).status, 502);
  }
  assert.deepEqual(seen, ["nobody", "Bearer ann", "Bearer ann", "nobody"]);
});
