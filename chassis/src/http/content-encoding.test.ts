import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../contract/call.ts";
import { Fields, Text } from "../contract/schema.ts";
import { unsupportedMediaType } from "../core/failure/failure.ts";
import { makeReply } from "../service/calls/reply.ts";
import { refuseEncoded } from "./content-encoding.ts";

test("a body that is encoded is refused, as nobody would decode it", () => {
  for (const encoding of ["gzip", "br", "identity, gzip", "nonsense"]) {
    assert.throws(() => refuseEncoded({ "content-encoding": encoding }), unsupportedMediaType.is, encoding);
  }
  for (const headers of [{}, { "content-encoding": "Identity" }]) assert.doesNotThrow(() => refuseEncoded(headers));
});

test("what is answered to one caller is for no cache, and public reads are their handlers' affair", () => {
  const Thing = Fields({ name: Text(5) });
  const kept = (route: "GET /things" | "POST /things", access: "public" | "customer") =>
    makeReply(call(route, { summary: "Things", access, replies: { 200: Thing } }))({ name: "cup" }).headers[
      "cache-control"
    ];
  assert.equal(kept("GET /things", "customer"), "no-store");
  assert.equal(kept("POST /things", "public"), "no-store");
  assert.equal(kept("GET /things", "public"), undefined);
});
