import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../contract/call.ts";
import { contract } from "../contract/contract.ts";
import { answerJson } from "../testing/servers/http-server.ts";
import { bodyOf, gatewayTo, library, libraryServer } from "./gateway.fixture.ts";
import { createRouteTable } from "./route-table.ts";

test("calls are found behind the prefix, well-known paths at the root", async (t) => {
  const service = await libraryServer(t, (request, response) => answerJson(response, 200, { url: request.url }));
  const { url } = await gatewayTo(t, [service.url]);
  const forwarded = async (path: string) => (await bodyOf(await fetch(url + path)))["url"];
  assert.equal(await forwarded("/api/books?limit=5&q=a%20b"), "/books?limit=5&q=a%20b");
  assert.equal(await forwarded("/api/books/b1"), "/books/b1");
  assert.equal(await forwarded("/api/books/newest"), "/books/newest");
  assert.equal(await forwarded("/api/books/%6Eewest"), "/books/newest");
  assert.equal(await forwarded("/api/books/caf%c3%a9"), "/books/caf%C3%A9");
  assert.equal(await forwarded("/.well-known/jwks.json"), "/.well-known/jwks.json");
});

test("what is internal, unknown or written differently is not found, and reaches no service", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  for (const path of [
    ...["/api/book-count", "/book-count", "/books", "/api/Books", "/API/books", "/api/books/", "/api/books/b1/"],
    ...["/api/", "/api/.well-known/jwks.json", "/api/books/b1/more", `/api/books/${"x".repeat(300)}`],
  ]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 404, path);
    assert.equal((await bodyOf(response))["code"], "not_found");
  }
  assert.equal(service.requests.length, 0);
});

test("a path that could be read in two ways is refused, and reaches no service", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  for (const path of [
    "/api//books",
    "/api/a%2fb",
    "/api/books/%5c",
    "/api/books/%00",
    "/api/books/%zz",
    "/api/books/a;b",
  ]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 400, path);
    assert.equal((await bodyOf(response))["code"], "malformed_request");
  }
  assert.equal(service.requests.length, 0);
});

test("where only the method is wrong, the answer says which ones are right", async (t) => {
  const { url } = await gatewayTo(t, []);
  const wrong = await fetch(`${url}/api/books`, { method: "DELETE" });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "GET, HEAD, POST");
  assert.equal((await bodyOf(wrong))["code"], "method_not_allowed");
  assert.equal((await fetch(`${url}/api/news`, { method: "HEAD" })).status, 405, "a stream has no head");
});

test("a path that is a call's own is no other call's parameter, whatever the method", () => {
  const reply = { access: "public", replies: { 204: null } } as const;
  const people = contract("people", {
    calls: { me: call("GET /people/me", reply), close: call("DELETE /people/{id}", reply) },
    events: {},
  });
  const table = createRouteTable({ contracts: [people], prefix: "/api" }, []);
  let allowed = "";
  const find = (path: string) =>
    table.find("DELETE", path, (methods) => {
      allowed = methods;
    });
  assert.throws(() => find("/api/people/me"), { code: "method_not_allowed" });
  assert.equal(allowed, "GET, HEAD");
  assert.deepEqual({ ...find("/api/people/p1").parameters }, { id: "p1" });
});

test("HEAD asks the service for the head alone", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, { id: "b1" }, { etag: '"1"' }));
  const { url } = await gatewayTo(t, [service.url]);
  const response = await fetch(`${url}/api/books/b1`, { method: "HEAD" });
  assert.equal(response.headers.get("etag"), '"1"');
  assert.equal(await response.text(), "");
  assert.equal(service.requests[0]?.method, "HEAD");
});

test("a call that does not say who may make it, or a route that is there twice, ends the start", () => {
  const { listBooks } = library.calls;
  const open = { ...listBooks, shape: { ...listBooks.shape, access: undefined as never } };
  const unclear = { service: "library", calls: { open }, events: {} };
  assert.throws(() => createRouteTable({ contracts: [unclear], prefix: "/api" }, []), /does not say who may call it/);
  const other = contract("other", { calls: { listBooks }, events: {} });
  assert.throws(() => createRouteTable({ contracts: [library, other], prefix: "/api" }, []), /already declared/);
});
