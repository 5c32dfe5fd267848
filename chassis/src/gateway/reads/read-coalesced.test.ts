import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Media, Text } from "../../contract/schema.ts";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { createRouteTable } from "../route-table.ts";

const replies = { 200: Media("application/json") };
const IfNoneMatch = Fields({ "if-none-match": Type.Optional(Type.String()) });
const body = Fields({ title: Text(100) });
const library = contract("library", {
  calls: {
    getBook: call("GET /books/{id}", { summary: "One", access: "public", cache: 0, headers: IfNoneMatch, replies }),
    getMap: call("GET /map", { summary: "Map", access: "public", cache: 60, replies }),
    putBook: call("PUT /books/{id}", { summary: "Change", access: "customer", body, replies }),
  },
  events: {},
});

/** A gateway before a service that holds one title, with a tag. */
async function titleBehindGateway(t: TestContext) {
  let title = "first";
  const service = await libraryServer(t, (request, response) => {
    if (request.method === "PUT") ({ title } = JSON.parse(request.body));
    const etag = `"${title}"`;
    if (request.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
    return answerJson(response, 200, { title, filler: "x".repeat(2_000) }, { etag });
  });
  const { url } = await gatewayTo(t, [service.url], { contracts: [library] });
  const read = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, { headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, title: text && JSON.parse(text).title };
  };
  const write = (next: string) =>
    fetch(`${url}/api/books/1`, {
      method: "PUT",
      body: JSON.stringify({ title: next }),
      headers: { ...as("ann"), "content-type": "application/json" },
    });
  return { service, read, write, url, change: (next: string) => (title = next) };
}

test("a hundred who read at once cost the service a few questions, and see the last write", async (t) => {
  const { service, read, write } = await titleBehindGateway(t);
  for (const title of ["a", "b", "c"]) {
    assert.equal((await write(title)).status, 200);
    const seen = await Promise.all(Array.from({ length: 100 }, () => read("/api/books/1")));
    assert.deepEqual([...new Set(seen.map((each) => each.title))], [title]);
  }
  assert.ok(service.requests.length < 60, `${service.requests.length} questions for 300 reads`);
});

test("a change that did not come through this gateway is seen at once too", async (t) => {
  const { read, change } = await titleBehindGateway(t);
  assert.equal((await read("/api/books/1")).title, "first");
  change("second");
  assert.equal((await read("/api/books/1")).title, "second");
});

test("where the contract allows an age, it is not asked again until a write comes through", async (t) => {
  const { service, read, write, change } = await titleBehindGateway(t);
  assert.equal((await read("/api/map")).title, "first");
  change("second");
  assert.equal((await read("/api/map")).title, "first");
  assert.equal(service.requests.length, 1);
  await write("third");
  assert.equal((await read("/api/map")).title, "third");
});

test("who has the answer already gets 304, whatever the gateway keeps", async (t) => {
  const { read } = await titleBehindGateway(t);
  await read("/api/books/1");
  for (const tag of ['"first"', 'W/"first"', '"x", "first"', "*"]) {
    const { status, headers, title } = await read("/api/books/1", { "if-none-match": tag });
    assert.deepEqual([status, title, headers.get("etag")], [304, "", '"first"'], tag);
  }
  assert.equal((await read("/api/books/1", { "if-none-match": '"other"' })).status, 200);
});

test("the service hears nothing of who asks, and what it is told apart by is asked apart", async (t) => {
  const { service, read } = await titleBehindGateway(t);
  await read("/api/books/1", { ...as("ann"), "accept-language": "de", "user-agent": "x" });
  await read("/api/books/1", { "accept-language": "fr" });
  assert.equal(service.requests[0]?.headers.authorization, undefined);
  assert.equal(service.requests[0]?.headers["user-agent"], undefined);
  assert.equal(service.requests[1]?.headers["if-none-match"], undefined, "another language is another answer");
  await read("/api/books/1?x=1", { "accept-language": "fr" });
  assert.equal(service.requests[2]?.headers["if-none-match"], undefined);
});

test("HEAD shares the answer of GET", async (t) => {
  const { service, url } = await titleBehindGateway(t);
  const response = await fetch(`${url}/api/books/1`, { method: "HEAD" });
  assert.equal(response.headers.get("etag"), '"first"');
  assert.ok(Number(response.headers.get("content-length")) > 2_000);
  assert.equal(service.requests[0]?.method, "GET");
});

test("an answer that is too large to be held is streamed to each", async (t) => {
  const large = "x".repeat(400_000);
  const service = await libraryServer(t, (_, response) => response.writeHead(200, { etag: '"1"' }).end(large));
  const { url } = await gatewayTo(t, [service.url], { contracts: [library] });
  for (let n = 0; n < 2; n++) assert.equal(await (await fetch(`${url}/api/books/1`)).text(), large);
  assert.equal(service.requests.length, 3, "once to find out");
});

test("when the service fails, everybody is told so", async (t) => {
  const problem = { type: "urn:problem:unavailable", status: 503, code: "unavailable" };
  const service = await libraryServer(t, (_, response) => answerJson(response, 503, problem, { "retry-after": "7" }));
  const { url } = await gatewayTo(t, [service.url], { contracts: [library] });
  const responses = await Promise.all([1, 2, 3].map(() => fetch(`${url}/api/books/1`)));
  for (const { status, headers } of responses) assert.deepEqual([status, headers.get("retry-after")], [503, "7"]);
});

test("only public reads can be shared", () => {
  const wrong = {
    mine: call("GET /mine", { summary: "Mine", access: "customer", cache: 0, replies }),
    write: call("PUT /write", { summary: "Write", access: "public", cache: 0, replies }),
    news: call("GET /news", { summary: "News", access: "public", timeout: 0, cache: 0, replies }),
  };
  for (const [name, each] of Object.entries(wrong)) {
    const contracts = [contract("library", { calls: { [name]: each }, events: {} })];
    assert.throws(() => createRouteTable({ contracts, prefix: "/api" }, []), /only public reads/, name);
  }
});

test("tags that are longer than services take are theirs to judge", async (t) => {
  const { service, read } = await titleBehindGateway(t);
  const tags = `"${"x".repeat(1_100)}"`;
  await read("/api/books/1", { "if-none-match": tags });
  assert.equal(service.requests.at(-1)?.headers["if-none-match"], tags);
});
