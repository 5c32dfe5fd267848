import assert from "node:assert/strict";
import { test } from "node:test";
import { answerJson } from "../testing/servers/http-server.ts";
import { as, bodyOf, gatewayTo, libraryServer } from "./gateway.fixture.ts";
import type { RouteRules } from "./route-rule.ts";

const json = { "content-type": "application/json" };
const text = (change: (text: string) => string) => (body: Buffer) => Buffer.from(change(body.toString()));

test("a call has another path for the world than for its service", async (t) => {
  const service = await libraryServer(t, (request, response) => answerJson(response, 200, { url: request.url }));
  const rules: RouteRules = { "library.getBook": { path: "/catalogue/{id}/book" } };
  const { url } = await gatewayTo(t, [service.url], { rules });
  const asked = async (path: string) => {
    const response = await fetch(url + path);
    return response.status === 200 ? (await bodyOf(response))["url"] : response.status;
  };
  assert.equal(await asked("/api/catalogue/caf%C3%A9/book?x=1"), "/books/caf%C3%A9?x=1");
  assert.equal(await asked("/api/catalogue/a%2fb/book"), 400);
  assert.equal(await asked("/api/books/b1"), 404, "the service's own path is no way in");
  const { paths } = await bodyOf(await fetch(`${url}/api/openapi.json`));
  assert.ok((paths as Record<string, unknown>)["/api/catalogue/{id}/book"]);
});

test("headers and bodies are changed on their way, in both directions", async (t) => {
  const service = await libraryServer(t, (request, response) =>
    answerJson(response, 201, { got: request.body }, { "x-inside": "1", "x-shown": "1" }),
  );
  const rule = {
    request: {
      headers: (headers: readonly string[]) => [...headers, "x-edge", "north"],
      body: text((body) => body.replace("Emma", "Persuasion")),
    },
    response: {
      headers: (headers: readonly string[]) => headers.filter((_, at, all) => all[at - (at % 2)] !== "x-inside"),
      body: text((body) => body.toUpperCase()),
    },
  };
  const { url } = await gatewayTo(t, [service.url], { rules: { "library.lend": rule } });
  const response = await fetch(`${url}/api/loans`, {
    method: "POST",
    body: '{"title":"Emma"}',
    headers: { ...json, ...as("ann") },
  });
  assert.equal(response.headers.get("x-inside"), null);
  assert.equal(response.headers.get("x-shown"), "1");
  assert.match(await response.text(), /PERSUASION/);
  assert.equal(service.requests[0]?.headers["x-edge"], "north");
  assert.equal(service.requests[0]?.headers["content-length"], String('{"title":"Persuasion"}'.length));
});

test("a rule that would break the request's lines sends nothing", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const rule = { request: { headers: () => ["x-edge", "a\r\nx-user-id: root"] } };
  const { url } = await gatewayTo(t, [service.url], { rules: { "library.getBook": rule } });
  assert.equal((await fetch(`${url}/api/books/b1`)).status, 500);
  assert.equal(service.requests.length, 0);
});

test("a route has its own limit for uploads", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url], { rules: { "library.upload": { bodyLimit: 100 } } });
  const upload = (size: number) =>
    fetch(`${url}/api/scans/1`, { method: "PUT", headers: json, body: "x".repeat(size) });
  assert.equal((await upload(100)).status, 200);
  assert.equal((await upload(101)).status, 413);
});

test("a rule for a call there isn't, or with other parameters, ends the start", async (t) => {
  const start = (rules: RouteRules) => gatewayTo(t, [], { rules });
  await assert.rejects(start({ "library.nothing": {} }), /no call library.nothing/);
  await assert.rejects(start({ "library.count": {} }), /no call library.count/, "what is internal stays so");
  await assert.rejects(start({ "library.getBook": { path: "/book/{other}" } }), /must have the parameters/);
});
