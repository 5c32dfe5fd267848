import assert from "node:assert/strict";
import { test } from "node:test";
import { call, isIdempotent, parameterNames, type TypesOf } from "./call.ts";
import { contract } from "./contract.ts";
import { type BodyOf, event } from "./event.ts";
import { Fields, Id } from "./schema.ts";

const getThing = call("GET /things/{id}/parts/{part}", {
  summary: "A part",
  access: "public",
  replies: { 200: Fields({ id: Id }) },
});

test("a route says its method, its path and the names of its parameters", () => {
  assert.deepEqual([getThing.method, getThing.path], ["GET", "/things/{id}/parts/{part}"]);
  assert.deepEqual(parameterNames(getThing.path), ["id", "part"]);
});

test("types follow from what is written down", () => {
  type Types = TypesOf<"GET /things/{id}", { access: "public"; summary: ""; replies: { 204: null } }>;
  const types: Types = { params: { id: "1" }, query: {}, headers: {}, body: undefined, reply: undefined };
  // @ts-expect-error there is no such parameter
  types.params.name;
  const happened = event("thing.made", { key: "id", body: Fields({ id: Id }) });
  const body: BodyOf<typeof happened> = { id: "1" };
  assert.ok(types && body);
  // @ts-expect-error the key must be a field of the body
  event("thing.made", { key: "name", body: Fields({ id: Id }) });
});

test("reading, writing whole and removing may be repeated, posting may not", () => {
  const shape = { summary: "", access: "public", replies: { 204: null } } as const;
  assert.ok(isIdempotent(getThing));
  assert.ok(isIdempotent(call("PUT /things/{id}", shape)));
  assert.ok(!isIdempotent(call("POST /things", shape)));
});

test("a contract refuses two calls on one route, and a call that does not say who may make it", () => {
  const other = call("GET /things/{name}/parts/{number}", getThing.shape);
  assert.throws(() => contract("things", { calls: { getThing, other }, events: {} }), /is there twice/);
  const open = { ...getThing, shape: { ...getThing.shape, access: undefined as never } };
  assert.throws(() => contract("things", { calls: { open }, events: {} }), /does not say who may call it/);
});
