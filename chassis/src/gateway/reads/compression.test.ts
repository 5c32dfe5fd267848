import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Type } from "typebox";
import { request } from "undici";
import { call } from "../../contract/call.ts";
import { type Contract, contract } from "../../contract/contract.ts";
import { as, gatewayTo, library, libraryServer } from "../gateway.fixture.ts";
import { acceptsGzip } from "./compression.ts";

const text = JSON.stringify({ text: "again and ".repeat(1_000) });

async function answering(
  t: TestContext,
  headers: Record<string, string>,
  body = text,
  contracts: readonly Contract[] = [library],
) {
  const service = await libraryServer(t, (_, response) => response.writeHead(200, headers).end(body));
  const { url } = await gatewayTo(t, [service.url], { contracts });
  return async (path: string, asked: Record<string, string> = {}) => {
    const answer = await request(url + path, { headers: { "accept-encoding": "gzip, br", ...asked } });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const coded = answer.headers["content-encoding"] === "gzip";
    return { headers: answer.headers, coded, size: bytes.length, text: String(coded ? gunzipSync(bytes) : bytes) };
  };
}

const json = { "content-type": "application/json", etag: '"1"' };

test("large public answers are compressed for those who take gzip", async (t) => {
  const ask = await answering(t, json);
  const small = await ask("/api/books");
  assert.deepEqual([small.coded, small.text, small.headers.etag], [true, text, 'W/"1"']);
  assert.ok(small.size < text.length / 10);
  assert.equal(small.headers.vary, "accept-encoding");
  const plain = await ask("/api/books", { "accept-encoding": "br" });
  assert.deepEqual([plain.coded, plain.text, plain.headers.etag], [false, text, '"1"']);
  assert.equal(plain.headers.vary, "accept-encoding");
});

const replies = { 200: Type.Object({ text: Type.String() }) };
const own = contract("library", {
  calls: {
    mine: call("GET /mine", { summary: "What I have", access: "customer", replies }),
    confirm: call("GET /auth/confirm", { summary: "A part of signing in", access: "public", replies }),
    news: call("GET /news", { summary: "News", access: "public", timeout: 0, replies }),
    all: call("GET /all", { summary: "What all may see", access: "public", replies }),
  },
  events: {},
});

test("an answer that holds secrets is never compressed, and no stream is", async (t) => {
  const ask = await answering(t, json, text, [own]);
  const coded = async (path: string) => (await ask(path, as("ann"))).coded;
  const paths = ["/api/mine", "/api/auth/confirm", "/api/news", "/api/all"];
  assert.deepEqual(await Promise.all(paths.map(coded)), [false, false, false, true]);
});

test("what gains nothing by it, or shall stay as it is, is not compressed", async (t) => {
  for (const [headers, body] of [
    [{ ...json, "content-length": "2" }, "{}"],
    [{ "content-type": "image/png" }, text],
    [{ ...json, "cache-control": "no-transform" }, text],
    [{ ...json, "content-encoding": "br" }, text],
  ] as const) {
    const ask = await answering(t, headers, body);
    assert.equal((await ask("/api/books")).headers["content-encoding"] === "gzip", false, JSON.stringify(headers));
  }
});

test("the documents are compressed too", async (t) => {
  const ask = await answering(t, {});
  const { coded, text: document } = await ask("/api/openapi.json");
  assert.equal(coded, true);
  assert.equal(JSON.parse(document).openapi, "3.1.0");
});

test("who takes gzip says so", () => {
  assert.equal(acceptsGzip(undefined), false);
  for (const yes of ["gzip", "br, gzip;q=0.5", "GZIP, deflate".toLowerCase()])
    assert.equal(acceptsGzip(yes), true, yes);
  for (const no of ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"]) assert.equal(acceptsGzip(no), false, no);
});
