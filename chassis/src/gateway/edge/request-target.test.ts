import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "../../core/failure/failure.ts";
import { malformedRequest } from "../../http/malformed.ts";
import { readTarget } from "./request-target.ts";

test("a plain path and its query stay as they are", () => {
  assert.deepEqual(readTarget("/api/books/01a2-b_c~d.e?q=a%2Fb&x=;"), {
    path: "/api/books/01a2-b_c~d.e",
    query: "?q=a%2Fb&x=;",
  });
  assert.deepEqual(readTarget("/.well-known/jwks.json"), { path: "/.well-known/jwks.json", query: "" });
});

test("an escaped path is brought into one form", () => {
  assert.equal(readTarget("/api/%62ooks").path, "/api/books");
  assert.equal(readTarget("/api/caf%C3%A9").path, "/api/caf%C3%A9");
  assert.equal(readTarget("/api/a@b").path, "/api/a%40b");
});

test("a path with a slash at the end is no other spelling of the one without", () => {
  for (const path of ["/api/books/", "/api/books/caf%C3%A9/"]) assert.throws(() => readTarget(path), notFound.is);
  assert.equal(readTarget("/").path, "/");
});

for (const path of [
  ...["/api//books", "//books", "/api/books//", "/api/../books", "/api/./books", "/api/books/..", "/..", "/."],
  ...["/api/%2e%2e/books", "/api/%2E/books", "/api/..%2fbooks", "/api/a%2Fb", "/api/a%5cb", "/api/a\\b"],
  ...["/api/books;a=1", "/api/books%3Ba", "/api/a%00", "/api/a%0d%0ab", "/api/%252e%252e/books", "/api/%252f"],
  ...["/api/%", "/api/%zz", "/api/%c3", "/api/%ed%a0%80", "/api/a%3fb", "/api/a%23b", "/api/a#b", "/api/a\u00e9"],
  ...["/api/books?q=%ff", "/api/books?q=%zz", "/api/books?%", "/api/books?q=%c3%A9&r=%c3"],
  ...["http://other.example/api/books", "books", "", "*"],
]) {
  test(`the target ${JSON.stringify(path)} is refused`, () => {
    assert.throws(() => readTarget(path), malformedRequest.is);
  });
}
