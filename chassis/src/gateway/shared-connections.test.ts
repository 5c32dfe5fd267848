import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { call } from "../contract/call.ts";
import { contract } from "../contract/contract.ts";
import { Fields, Media, Text } from "../contract/schema.ts";
import { refusal } from "../core/failure.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { answer } from "../service/answer.ts";
import type { Handlers } from "../service/definition.ts";
import { serveMultiplexed, untilMultiplexed } from "../service/multiplex/multiplex.fixture.ts";
import { eventually } from "../testing/eventually.ts";
import { httpServer } from "../testing/http-server.ts";
import { as, bodyOf, gatewayTo, problemOf, sendBytes } from "./gateway.fixture.ts";
import type { GatewayOptions } from "./gateway.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");
const Song = Fields({ title: Text(200_000) });
const music = contract("music", {
  calls: {
    find: call("GET /songs/{title}", {
      summary: "Find",
      access: "customer",
      query: Fields({ times: Type.Integer({ default: 1 }) }),
      replies: { 200: Song },
    }),
    shown: call("GET /shown", { summary: "Shown", access: "public", cache: 0, replies: { 200: Song } }),
    add: call("POST /songs", {
      summary: "Add",
      access: "customer",
      body: Song,
      replies: { 201: Song },
      refuses: [soldOut],
    }),
    drop: call("DELETE /songs/{title}", { summary: "Drop", access: "customer", replies: { 204: null } }),
    dawdle: call("POST /dawdle", { summary: "Dawdle", access: "customer", timeout: 60_000, replies: { 204: null } }),
    brief: call("POST /brief", { summary: "Brief", access: "customer", timeout: 500, replies: { 204: null } }),
    count: call("GET /count", { summary: "Count", access: "internal", replies: { 204: null } }),
    cover: call("GET /cover", { summary: "Cover", access: "public", replies: { 200: Media("image/svg+xml") } }),
  },
  events: {},
});

const begun: string[] = [];
const left: string[] = [];
/** Ends all that dawdles. */
const bell = new EventEmitter().setMaxListeners(0);
const handlers: Handlers<typeof music> = {
  find: async ({ params, query }) => answer(200, { title: params.title.repeat(query.times) }, { etag: '"1"' }),
  shown: async () => ({ title: "shown" }),
  async add({ body }) {
    if (body.title === "gone") throw soldOut.failure();
    return body;
  },
  drop: async () => undefined,
  async dawdle({ signal }) {
    begun.push("dawdle");
    await Promise.race([once(bell, "ring"), once(signal, "abort")]);
    if (signal.aborted) left.push("dawdle");
  },
  async brief({ signal }) {
    await once(signal, "abort");
    throw signal.reason;
  },
  count: async () => undefined,
  cover: async () => "<svg/>",
};

/** A gateway that shares a connection to a service, and what it asked of the service over connections that it does not share. */
async function sharing(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const service = await serveMultiplexed(t, music, handlers);
  const around = { contracts: [music], discovery: staticDiscovery({ music: [service.url] }) };
  const { url, gateway } = await gatewayTo(t, [], { ...around, tokenFor: async () => "orders", ...options });
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/api${path}`, { ...init, headers: { ...as("ann"), ...init.headers } });
  const untilShared = () => untilMultiplexed(service.overHttp, () => ask("/songs/a"));
  return { service, url, gateway, ask, around, untilShared };
}

const json = { "content-type": "application/json" };
const post = (body: string | Buffer, headers: Record<string, string> = json) => ({ method: "POST", body, headers });

test("requests share one connection to a service, with the same answers as over one of their own", async (t) => {
  const { service, ask, around, untilShared } = await sharing(t);
  const { url: alone } = await gatewayTo(t, [], around);
  await untilShared();
  const before = service.overHttp.length;
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
    ["/songs/none/such"],
    ["/count"],
    ["/shown"],
  ];
  const told = async (response: Response) => {
    const { date, "x-request-id": id, ratelimit, ...headers } = Object.fromEntries(response.headers);
    const text = (await response.text()).replaceAll(String(id), "id");
    return { status: response.status, headers, text };
  };
  for (const [path, init] of requests) {
    const response = await ask(path, init);
    const headers = { ...as("ann"), ...init?.headers };
    const other = await fetch(`${alone}/api${path}`, { ...init, headers });
    assert.deepEqual(await told(response), await told(other), `${init?.method ?? "GET"} ${path}`);
  }
  const sharedOver = service.overHttp.length - before;
  assert.ok(sharedOver <= requests.length + 2, `${sharedOver} requests over HTTP for ${requests.length} twice`);
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

test("an answer that does not come in time is the failure of its request alone", async (t) => {
  const { ask, untilShared } = await sharing(t);
  await untilShared();
  const late = ask("/brief", { method: "POST" });
  const others: Promise<Response>[] = [];
  const asking = setInterval(() => others.push(ask("/songs/b")), 50);
  const response = await late;
  clearInterval(asking);
  assert.equal(response.status, 504);
  assert.equal((await problemOf(response))["code"], "deadline_exceeded");
  for (const other of await Promise.all(others)) assert.equal(other.status, 200);
});

test("a large answer comes whole, and those that follow it have a connection of their own", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  const read = async (times: number) => (await bodyOf(await ask(`/songs/x?times=${times}`)))["title"];
  const text = "x".repeat(100_000);
  assert.ok((await read(100_000)) === text);
  assert.equal(service.overHttp.length, before);
  assert.ok((await read(100_000)) === text);
  assert.equal(await read(1), "x");
  assert.equal(service.overHttp.length, before + 2);
});

test("what has no end, is no JSON, or has no body by its method goes over a connection of its own", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  assert.equal(await (await ask("/cover")).text(), "<svg/>");
  assert.equal((await ask("/songs/a", { method: "HEAD" })).status, 200);
  assert.equal(service.overHttp.length, before + 2);
});

test("when there is too much on it, what comes next goes over a connection of its own", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = { begun: begun.length, overHttp: service.overHttp.length };
  const asked = Array.from({ length: 260 }, () => ask("/dawdle", { method: "POST" }));
  await eventually(() => begun.length === before.begun + 260);
  assert.equal(service.overHttp.length, before.overHttp + 4);
  bell.emit("ring");
  for (const response of await Promise.all(asked)) assert.equal(response.status, 204);
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
  const { service, ask } = await sharing(t, { tokenFor: async () => Promise.reject(new Error("no key")) });
  for (let count = 0; count < 5; count++) assert.equal((await ask("/songs/a")).status, 200);
  assert.equal(service.upgrades(), 0);
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
