import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Type } from "typebox";
import { notFound, refusal } from "../../core/failure/failure.ts";
import { call } from "../call.ts";
import { contract } from "../contract.ts";
import { Fields, Id, Media, PageQuery, Text } from "../schema.ts";
import { openApi } from "./openapi.ts";

const Book = Fields({ id: Id, title: Text(100) });
const bookLent = refusal("book_lent", 409, "The book is lent");
const library = contract("library", {
  calls: {
    listBooks: call("GET /books", {
      summary: "All books",
      access: "public",
      query: PageQuery,
      replies: { 200: Type.Array(Book) },
    }),
    getBook: call("GET /books/{id}", {
      summary: "A book",
      access: "public",
      replies: { 200: Book },
      refuses: [notFound],
    }),
    lendBook: call("POST /books/{id}/loans", {
      summary: "Lend a book",
      access: "customer",
      idempotencyKey: "required",
      headers: Fields({ prefer: Type.Optional(Text(50)) }),
      body: Fields({ days: Type.Integer({ minimum: 1 }) }),
      replies: { 202: Book, 201: Book },
      refuses: [notFound, bookLent],
    }),
    removeBook: call("DELETE /books/{id}", { summary: "Remove", access: "admin", replies: { 204: null } }),
    cover: call("GET /books/{id}/cover", {
      summary: "Cover",
      access: "public",
      replies: { 200: Media("image/svg+xml") },
    }),
    countBooks: call("GET /book-count", { summary: "Count", access: "internal", replies: { 200: Type.Object({}) } }),
    keys: call("GET /.well-known/jwks.json", { summary: "Keys", access: "public", replies: { 200: Type.Object({}) } }),
  },
  events: {},
});
const document = openApi({ title: "Library", version: "1.0.0", contracts: [library], prefix: "/api" });
// biome-ignore lint/suspicious/noExplicitAny: a test reads into a document whose shape it checks
const at = (path: string, method: string): any => document.paths[path]?.[method];

test("the document is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  assert.deepEqual(result, { valid: true });
});

test("a document with a fault is seen as such by the validator", async () => {
  const broken = structuredClone(document);
  broken.paths["/api/books"] = { get: { responses: { 200: {} } } };
  assert.equal((await new Validator().validate(broken)).valid, false);
});

test("internal calls are left out, well-known paths stay at the root", () => {
  assert.deepEqual(Object.keys(document.paths), [
    "/api/books",
    "/api/books/{id}",
    "/api/books/{id}/loans",
    "/api/books/{id}/cover",
    "/.well-known/jwks.json",
  ]);
});

test("an operation is named after its call and tagged with its service", () => {
  assert.equal(at("/api/books/{id}", "get").operationId, "getBook");
  assert.deepEqual(at("/api/books/{id}", "get").tags, ["library"]);
});

test("parameters come from path, query, headers and the idempotency key", () => {
  const names = at("/api/books/{id}/loans", "post").parameters.map(
    (p: { in: string; name: string; required: boolean }) => [p.in, p.name, p.required],
  );
  assert.deepEqual(names, [
    ["path", "id", true],
    ["header", "prefer", false],
    ["header", "Idempotency-Key", true],
  ]);
  assert.equal(at("/api/books", "get").parameters[0].required, false, "a limit with a default may be left out");
});

test("each refusal is listed under its status, with its code", () => {
  const { responses } = at("/api/books/{id}/loans", "post");
  assert.deepEqual(Object.keys(responses).sort(), [
    ...["201", "202", "400", "401", "404", "409", "413", "415", "429", "502", "503", "504", "default"],
  ]);
  const { schema } = responses[409].content["application/problem+json"];
  assert.deepEqual(schema.properties.code.enum, ["book_lent"]);
  assert.match(responses[400].description, /idempotency_key_required/);
});

test("rights show: a bearer token where one is needed, 403 for administrators' calls", () => {
  assert.deepEqual(at("/api/books", "get").security, []);
  assert.deepEqual(at("/api/books/{id}", "delete").security, [{ bearer: [] }]);
  assert.ok(at("/api/books/{id}", "delete").responses[403]);
  assert.equal(at("/api/books/{id}/loans", "post").responses[403], undefined);
});

test("an empty reply has no content, and a picture has its own media type", () => {
  assert.equal(at("/api/books/{id}", "delete").responses[204].content, undefined);
  assert.deepEqual(Object.keys(at("/api/books/{id}/cover", "get").responses[200].content), ["image/svg+xml"]);
});

test("a field with a default may be left out by who sends it, and by nobody else", () => {
  const Thing = Fields({ name: Text(5), kind: Type.String({ default: "other" }) });
  const things = contract("things", {
    calls: { add: call("POST /things", { summary: "Add", access: "public", body: Thing, replies: { 201: Thing } }) },
    events: {},
  });
  const document = openApi({ title: "Things", version: "1", contracts: [things], prefix: "/api" });
  // biome-ignore lint/suspicious/noExplicitAny: a document of any shape
  const { requestBody, responses } = (document.paths as any)["/api/things"].post;
  const sent = requestBody.content["application/json"].schema;
  assert.deepEqual(sent.required, ["name"]);
  assert.equal(new RegExp(sent.properties.name.pattern, "u").test("a\0"), false);
  assert.deepEqual(responses[201].content["application/json"].schema.required, ["name", "kind"]);
});

test("a stream's schema is not that of its events, and an empty optional key is a refusal that is told", () => {
  const things = contract("things", {
    calls: {
      watch: call("GET /things", { access: "public", replies: { 200: Media("text/event-stream") } }),
      count: call("POST /things", { access: "public", idempotencyKey: "optional", replies: { 204: null } }),
    },
    events: {},
  });
  const document = openApi({ title: "Things", version: "1", contracts: [things], prefix: "/api" });
  // biome-ignore lint/suspicious/noExplicitAny: a document of any shape
  const { get, post } = (document.paths as any)["/api/things"];
  assert.deepEqual(get.responses[200].content, { "text/event-stream": {} });
  assert.match(post.responses[400].description, /idempotency_key_required/);
});
