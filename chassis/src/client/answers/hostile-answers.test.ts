import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { Failure, forbidden, invalidInput, notFound, rateLimited } from "../../core/failure/failure.ts";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { thingAsleep, thingBroken, thingsClient, thingsServer } from "../things.fixture.ts";

const params = { id: "t1" };
const problem = (code: string, more: object = {}) => ({
  type: `urn:problem:${code}`,
  title: "theirs",
  status: 1,
  code,
  ...more,
});

const text = (status: number, type: string, body: string) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": type }).end(body);
const json = (status: number, body: unknown) => (response: ServerResponse) => answerJson(response, status, body);

const outsideTheContract: Record<string, (response: ServerResponse) => void> = {
  "10 MB of announced JSON": (response) =>
    text(200, "application/json", `{"id":"t1","size":3${" ".repeat(10_000_000)}}`)(response),
  "10 MB in chunks": (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    for (let megabyte = 0; megabyte < 10; megabyte += 1) response.write(" ".repeat(1_000_000));
    response.end('{"id":"t1","size":3}');
  },
  "a field of another type": json(200, { id: "t1", size: "3" }),
  "a missing field": json(200, { id: "t1" }),
  null: json(200, null),
  "half a JSON": text(200, "application/json", '{"id":"t1"'),
  "an HTML page": text(200, "text/html", "<html>welcome</html>"),
  "no content type": (response) => response.writeHead(200).end('{"id":"t1","size":3}'),
  "a success that the contract does not have": json(207, { id: "t1", size: 3 }),
  "a reply without its body": (response) => response.writeHead(204).end(),
  "a refusal that the contract does not have": json(409, problem("something_else")),
  "a refusal that is no problem": text(404, "text/html", "<html>not here</html>"),
  "a refusal as plain JSON": text(404, "application/json", JSON.stringify(problem("not_found"))),
  "a problem that is none": json(404, { code: 404 }),
};

for (const [name, answer] of Object.entries(outsideTheContract)) {
  test(`${name} is a bug of the other side, and not asked for again`, async (t) => {
    const server = await thingsServer(t, (_request, response) => answer(response));
    const { things } = thingsClient(t, [server.url]);
    await assert.rejects(things.getThing({ params }), { code: "upstream_failed", kind: "bug", status: 502 });
    assert.equal(server.requests.length, 1);
  });
}

test("fields that the contract does not know yet are dropped", async (t) => {
  const server = await thingsServer(t, (_request, response) =>
    json(200, { id: "t1", size: 3, colour: "red" })(response),
  );
  const { things } = thingsClient(t, [server.url]);
  assert.deepEqual(await things.getThing({ params }), { id: "t1", size: 3 });
});

test("what another service says in its place is nobody's answer", async (t) => {
  for (const service of ["users", undefined]) {
    const answer = (_request: unknown, response: ServerResponse) => json(200, { id: "t1", size: 3 })(response);
    const other = await httpServer(t, answer, service);
    const { things } = thingsClient(t, [other.url]);
    await assert.rejects(things.shakeThing({ params }), { code: "upstream_failed", kind: "unavailable", status: 502 });
    assert.equal(other.requests.length, 1);
  }
});

test("a redirect is not followed", async (t) => {
  const elsewhere = await thingsServer(t, (_request, response) => answerJson(response, 200, { id: "t1", size: 3 }));
  for (const status of [301, 302, 307, 308]) {
    const server = await thingsServer(t, (_request, response) =>
      response.writeHead(status, { location: `${elsewhere.url}/things/t1` }).end(),
    );
    const { things } = thingsClient(t, [server.url]);
    await assert.rejects(things.getThing({ params }), { code: "upstream_failed", kind: "bug" });
  }
  assert.equal(elsewhere.requests.length, 0);
});

test("what is not even HTTP is an outage", async (t) => {
  const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { things } = thingsClient(t, [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  await assert.rejects(things.getThing({ params }), { code: "upstream_failed", kind: "unavailable" });
});

test("a refusal that the contract names arrives as that refusal, with our title and its errors", async (t) => {
  const errors = [{ path: "/size", message: "is wrong" }];
  const server = await thingsServer(t, (_request, response) =>
    json(409, problem("thing_broken", { errors }))(response),
  );
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(things.getThing({ params }), (error) => {
    assert.ok(error instanceof Failure && thingBroken.is(error));
    assert.equal(error.message, thingBroken.title);
    assert.equal(error.kind, "refused");
    assert.equal(error.status, 409);
    assert.deepEqual(error.errors, errors);
    return true;
  });
  assert.equal(server.requests.length, 1);
});

test("refusals that any call may give arrive as such", async (t) => {
  for (const definition of [invalidInput, forbidden, notFound]) {
    const server = await thingsServer(t, (_request, response) =>
      json(definition.status, problem(definition.code))(response),
    );
    const { things } = thingsClient(t, [server.url]);
    await assert.rejects(things.shakeThing({ params }), definition.is);
  }
});

test("outages keep their meaning: too many, not now, behind it, in time, anything else", async (t) => {
  const meanings: [number, string][] = [
    [429, "rate_limited"],
    [503, "unavailable"],
    [502, "upstream_failed"],
    [504, "deadline_exceeded"],
    [500, "upstream_failed"],
  ];
  for (const [status, code] of meanings) {
    const server = await thingsServer(t, (_request, response) => json(status, problem("whatever"))(response));
    const { things } = thingsClient(t, [server.url]);
    await assert.rejects(things.shakeThing({ params }), { code, kind: "unavailable" });
  }
});

test("an outage that the contract names keeps its code, and its Retry-After is told", async (t) => {
  const server = await thingsServer(t, (_request, response) =>
    answerJson(response, 503, problem("thing_asleep"), { "retry-after": "60" }),
  );
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(things.getThing({ params }), (error) => thingAsleep.is(error) && error.retryAfter === 60);
  assert.equal(server.requests.length, 1);
});

test("a Retry-After that is no number of seconds is not believed", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 429, {}, { "retry-after": "1e9" }));
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(
    things.shakeThing({ params }),
    (error) => rateLimited.is(error) && error.retryAfter === undefined,
  );
});
