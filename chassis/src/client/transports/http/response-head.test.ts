import assert from "node:assert/strict";
import { test } from "node:test";
import { parseResponseHead, recallResponseHead } from "./response-head.ts";

const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nX-Service: things`;

test("a head that is the same is read once, and means to each method what it means to it", () => {
  const first = recallResponseHead(head(5), "GET");
  assert.deepEqual(first, parseResponseHead(head(5), "GET"));
  assert.equal(recallResponseHead(head(5), "POST"), first);
  assert.equal(recallResponseHead(head(5), "HEAD").body, 0);
  assert.equal(recallResponseHead(head(6), "GET").body, 6);
});

test("as many heads as there may be are answered right", () => {
  for (let length = 0; length < 1_000; length++) {
    assert.equal(recallResponseHead(head(length % 300), "GET").body, length % 300);
  }
});
