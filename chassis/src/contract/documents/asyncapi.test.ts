import assert from "node:assert/strict";
import { test } from "node:test";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { Type } from "typebox";
import { contract } from "../contract.ts";
import { event } from "../event.ts";
import { Fields, Id, Time } from "../schema.ts";
import { asyncApi } from "./asyncapi.ts";

const library = contract("library", {
  calls: {},
  events: {
    bookLent: event("book.lent", { key: "bookId", body: Fields({ bookId: Id, at: Time }) }),
    bookReturned: event("book.returned", { key: "bookId", body: Fields({ bookId: Id, late: Type.Boolean() }) }),
  },
});
const document = asyncApi({ title: "Library", version: "1.0.0", contracts: [library] });

/** The schema that the AsyncAPI initiative publishes for version 3.0.0. */
function isValid(candidate: unknown): boolean {
  // The schema brings the draft-07 meta-schema along, so Ajv must not bring its own.
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const validate = ajv.compile(specs.schemas["3.0.0"] as object);
  return validate(candidate) as boolean;
}

test("the document is valid AsyncAPI 3.0", () => {
  assert.ok(isValid(document));
});

test("a document with a fault is seen as such by the schema", () => {
  assert.equal(isValid({ ...document, operations: { lend: { action: "shout" } } }), false);
});

test("each event has a channel, a message and the service that sends it", () => {
  assert.deepEqual(Object.keys(document.channels), ["book.lent", "book.returned"]);
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into a document whose shape it checks
  const { operations, components } = document as any;
  assert.equal(operations["publish.book.lent"].action, "send");
  assert.deepEqual(operations["publish.book.lent"].tags, [{ name: "library" }]);
  const { payload } = components.messages["book.lent"];
  assert.deepEqual(Object.keys(payload.properties.body.properties), ["bookId", "at"]);
  assert.equal(payload.properties.source.const, "library");
});
