import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { currentContext } from "../../context/context.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Media, Text } from "../../contract/schema.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { forbidden, refusal, tokenInvalid } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import { createLog } from "../../telemetry/log.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { answer } from "../answer.ts";
import { addRoutes } from "../calls/routes.ts";
import type { Handlers } from "../definition.ts";
import { createHttpServer } from "./http-server.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");
const Thing = Fields({ name: Text(10), count: Type.Integer({ minimum: 1 }) });

const things = contract("things", {
  calls: {
    make: call("POST /things", {
      summary: "Make",
      access: "public",
      idempotencyKey: "required",
      headers: Fields({ prefer: Type.Optional(Type.String()) }),
      body: Thing,
      replies: { 202: Thing, 201: Thing },
      refuses: [soldOut],
    }),
    find: call("GET /things/{id}", {
      summary: "Find",
      access: "customer",
      query: Fields({ limit: Type.Integer({ default: 20 }) }),
      replies: { 200: Type.Object({}, { additionalProperties: true }) },
    }),
    purge: call("DELETE /things/{id}", { summary: "Purge", access: "admin", replies: { 204: null } }),
    recount: call("PUT /things/{id}/count", { summary: "Recount", access: "internal", replies: { 204: null } }),
    picture: call("GET /things/{id}/picture", {
      summary: "Picture",
      access: "public",
      replies: { 200: Media("image/svg+xml") },
    }),
    dawdle: call("GET /dawdle", { summary: "Dawdle", access: "public", replies: { 204: null }, timeout: 60 }),
    note: call("POST /notes", {
      summary: "Note",
      access: "public",
      body: Fields({ text: Type.Optional(Text(10)) }),
      replies: { 200: Fields({ text: Type.String() }) },
    }),
    crash: call("GET /crash", { summary: "Crash", access: "public", replies: { 204: null } }),
  },
  events: {},
});

let aborted = false;
const handlers: Handlers<typeof things> = {
  async make({ body, key, headers }) {
    if (body.name === "gone") throw soldOut.failure();
    if (body.name === "odd") return answer(2010, body);
    return headers.prefer ? answer(201, body, { location: `/things/${key}` }) : body;
  },
  find: async ({ params, query, caller }) => ({ ...params, ...query, caller, requestId: currentContext()?.requestId }),
  purge: async () => undefined,
  recount: async () => undefined,
  picture: async () => "<svg/>",
  dawdle: ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason);
      });
    }),
  note: async ({ body }) => ({ text: body.text ?? "none" }),
  async crash() {
    throw new Error("select * from secrets at 10.0.0.1:5432");
  },
};

const people: Record<string, Caller> = {
  ann: { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" },
  root: { kind: "user", id: "root", name: "Root", role: "admin", session: "s2" },
  gone: { kind: "user", id: "root", name: "Root", role: "admin", session: "s3" },
  orders: { kind: "service", name: "orders" },
  email: { kind: "service", name: "email" },
};

async function serve(t: TestContext, state = { ready: true, draining: false }): Promise<string> {
  const health = {
    service: "things",
    ready: () => state.ready,
    draining: () => state.draining,
    reachable: async () => true,
  };
  const server = createHttpServer(health, createLog({ service: "things", level: "silent" }), createMetrics("things"));
  const verify = async (token: string) => people[token] ?? Promise.reject(tokenInvalid.failure());
  const confirm = async (caller: Caller) => void (await verify(caller === people["gone"] ? "nobody" : "root"));
  const around = { verify: Object.assign(verify, { confirm }), health, stopping: new Cancellation() };
  addRoutes(server, things, handlers, { ...around, internalCallers: () => new Set(["orders"]) });
  t.after(() => server.close());
  return server.listen({ host: "127.0.0.1", port: 0 });
}

type Given = { headers?: Record<string, string>; body?: unknown; token?: string };

const asBody = (body: unknown) =>
  typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);

async function ask(url: string, method: string, { headers, body, token }: Given = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: asBody(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const keyed = { "idempotency-key": "k1" };

test("a valid request reaches the handler and its reply the caller", async (t) => {
  const url = await serve(t);
  const first = await ask(`${url}/things`, "POST", { headers: keyed, body: { name: "cup", count: 2 } });
  assert.deepEqual([first.status, first.json], [201, { name: "cup", count: 2 }]);
  const waited = await ask(`${url}/things`, "POST", {
    headers: { ...keyed, prefer: "wait" },
    body: { name: "cup", count: 2 },
  });
  assert.deepEqual([waited.status, waited.headers.get("location")], [201, "/things/k1"]);
});

test("a status that can't be sent fails its request and no other", async (t) => {
  const url = await serve(t);
  const odd = await ask(`${url}/things`, "POST", { headers: keyed, body: { name: "odd", count: 1 } });
  assert.deepEqual([odd.status, odd.json.code], [500, "internal_error"]);
  assert.equal((await ask(`${url}/things`, "POST", { headers: keyed, body: { name: "cup", count: 1 } })).status, 201);
});

test("bad input is a problem that names every path", async (t) => {
  const url = await serve(t);
  const bad = await ask(`${url}/things`, "POST", { headers: keyed, body: { name: "", count: "2", price: 1 } });
  assert.equal(bad.status, 400);
  assert.equal(bad.headers.get("content-type"), "application/problem+json");
  assert.equal(bad.json.code, "invalid_input");
  assert.deepEqual(bad.json.errors.map((error: { path: string }) => error.path).toSorted(), [
    "/count",
    "/name",
    "/price",
  ]);
});

test("broken, deep, large and foreign bodies are refused", async (t) => {
  const url = await serve(t);
  const post = async (body: string | Buffer, headers = {}) => {
    const { status, json } = await ask(`${url}/things`, "POST", { headers: { ...keyed, ...headers }, body });
    return [status, json.code];
  };
  assert.deepEqual(await post("{"), [400, "malformed_json"]);
  assert.deepEqual(await post(""), [400, "invalid_input"]);
  assert.deepEqual(await post("[".repeat(10_000) + "]".repeat(10_000)), [400, "invalid_input"]);
  assert.deepEqual(await post(`{"name":"${"x".repeat(100_000)}"}`), [413, "body_too_large"]);
  assert.deepEqual(await post(Buffer.from('{"name":"Jörg","count":1}', "latin1")), [400, "malformed_json"]);
  assert.deepEqual(await post("<a/>", { "content-type": "text/xml" }), [415, "unsupported_media_type"]);
  assert.deepEqual(await post('{"name":"a\\u0000b","count":1}'), [400, "invalid_input"]);
});

test("an idempotency key is required where the contract says so", async (t) => {
  const url = await serve(t);
  const body = { name: "cup", count: 1 };
  assert.equal((await ask(`${url}/things`, "POST", { body })).json.code, "idempotency_key_required");
  const long = { "idempotency-key": "k".repeat(256) };
  assert.equal((await ask(`${url}/things`, "POST", { body, headers: long })).status, 400);
});

test("each access lets in whom it names and nobody else", async (t) => {
  const url = await serve(t);
  const status = async (method: string, path: string, token?: string) => {
    const { status, json } = await ask(`${url}${path}`, method, token ? { token } : {});
    return json?.code ? [status, json.code] : [status];
  };
  assert.deepEqual(await status("GET", "/things/1"), [401, "token_missing"]);
  assert.deepEqual(await status("GET", "/things/1", "nobody"), [401, "token_invalid"]);
  assert.deepEqual(await status("GET", "/things/1", "ann"), [200]);
  assert.deepEqual(await status("GET", "/things/1", "orders"), [403, forbidden.code]);
  assert.deepEqual(await status("DELETE", "/things/1", "ann"), [403, forbidden.code]);
  assert.deepEqual(await status("DELETE", "/things/1", "root"), [204]);
  assert.deepEqual(await status("DELETE", "/things/1", "gone"), [401, "token_invalid"]);
  assert.deepEqual(await status("PUT", "/things/1/count", "root"), [401, "token_invalid"]);
  assert.deepEqual(await status("PUT", "/things/1/count", "orders"), [204]);
  assert.deepEqual(await status("PUT", "/things/1/count", "email"), [403, forbidden.code]);
});

test("query text becomes what the contract says, and the request id is kept", async (t) => {
  const url = await serve(t);
  const given = { token: "ann", headers: { "x-request-id": "r-1" } };
  const { json } = await ask(`${url}/things/7?limit=5`, "GET", given);
  assert.deepEqual([json.id, json.limit, json.requestId, json.caller.id], ["7", 5, "r-1", "ann"]);
  assert.equal((await ask(`${url}/things/7?limit=five`, "GET", given)).json.errors[0].path, "/query/limit");
  assert.equal((await ask(`${url}/things/%00`, "GET", given)).status, 400);
});

test("a refusal is answered with its code, an unexpected error without a word of it", async (t) => {
  const url = await serve(t);
  const refused = await ask(`${url}/things`, "POST", { headers: keyed, body: { name: "gone", count: 1 } });
  assert.deepEqual([refused.status, refused.json.code], [409, "sold_out"]);
  const crashed = await ask(`${url}/crash`, "GET");
  assert.deepEqual([crashed.status, crashed.json.code], [500, "internal_error"]);
  assert.doesNotMatch(crashed.text, /secrets|10\.0/);
  assert.equal((await ask(`${url}/nowhere`, "GET")).json.code, "not_found");
});

test("a handler that is too slow is broken off and answered for", async (t) => {
  const url = await serve(t);
  const late = await ask(`${url}/dawdle`, "GET");
  assert.deepEqual([late.status, late.json.code, aborted], [504, "deadline_exceeded", true]);
  const expired = await ask(`${url}/things/1`, "GET", { token: "ann", headers: { "x-deadline-ms": "0" } });
  assert.equal(expired.status, 504);
});

test("media are sent as they are", async (t) => {
  const url = await serve(t);
  const { headers, text } = await ask(`${url}/things/1/picture`, "GET");
  assert.deepEqual([headers.get("content-type"), text], ["image/svg+xml; charset=utf-8", "<svg/>"]);
});

test("a service that is not ready says so; one that drains answers and lets go of connections", async (t) => {
  const state = { ready: false, draining: false };
  const url = await serve(t, state);
  assert.equal((await ask(`${url}/health/live`, "GET")).status, 200);
  assert.equal((await ask(`${url}/health/ready`, "GET")).status, 503);
  assert.equal((await ask(`${url}/things/1/picture`, "GET")).json.code, "unavailable");
  state.draining = true;
  const { status, headers } = await ask(`${url}/things/1/picture`, "GET");
  assert.deepEqual([status, headers.get("connection")], [200, "close"]);
});

test("a body whose fields may all be left out may be left out itself", async (t) => {
  const url = await serve(t);
  assert.deepEqual((await ask(`${url}/notes`, "POST")).json, { text: "none" });
  assert.deepEqual((await ask(`${url}/notes`, "POST", { body: { text: "hi" } })).json, { text: "hi" });
  assert.equal((await ask(`${url}/notes`, "POST", { body: { words: "hi" } })).status, 400);
});
