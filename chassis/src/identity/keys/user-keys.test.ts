import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { createLog } from "../../telemetry/log.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { newSigningKey, type PublicJwk } from "./signing-key.ts";
import { userKeys } from "./user-keys.ts";

const log = createLog({ service: "test", level: "silent" });

/** A key server whose set the test changes, and the keys read from it. */
async function keysFrom(t: TestContext, answer?: (response: ServerResponse) => void) {
  const set: { keys: unknown[] } = { keys: [] };
  const server = await httpServer(t, (_request, response) =>
    answer ? answer(response) : answerJson(response, 200, set),
  );
  const discovery = staticDiscovery({ users: [server.url] });
  const clock = fakeClock();
  const keys = userKeys({ discovery, log, clock });
  t.after(() => keys.close());
  return { set, server, discovery, clock, find: keys.find };
}

const key = async (kid: string): Promise<PublicJwk> => (await newSigningKey(kid)).publicJwk;

test("keys are loaded when first needed, once for all who wait, and kept", async (t) => {
  const { set, server, find } = await keysFrom(t);
  set.keys = [await key("k1")];
  const found = await Promise.all(Array.from({ length: 20 }, () => find("k1")));
  assert.ok(found.every((keys) => keys.length === 1));
  await find("k1");
  assert.deepEqual(
    server.requests.map(({ url }) => url),
    ["/.well-known/jwks.json"],
  );
});

test("a new key is found by loading again, but unknown keys make no more than one load in two seconds", async (t) => {
  const { set, server, clock, find } = await keysFrom(t);
  set.keys = [await key("k1")];
  await find("k1");
  set.keys = [await key("k1"), await key("k2")];
  for (let time = 0; time < 10; time += 1) assert.deepEqual(await find(`unknown-${time}`), []);
  assert.equal(server.requests.length, 1);
  await clock.advance(2_000);
  assert.equal((await find("k2")).length, 1);
  assert.equal(server.requests.length, 2);
});

test("a withdrawn key ends with the next regular load", async (t) => {
  const { set, server, clock, find } = await keysFrom(t);
  set.keys = [await key("k1"), await key("k2")];
  await find("k1");
  set.keys = [await key("k2")];
  await clock.advance(5 * 60_000);
  assert.equal((await find("k1")).length, 1); // nobody waits for the regular load
  while ((await find("k1")).length > 0 && !t.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(server.requests.length, 2);
});

test("while the key server is away the last known good keys stay, and unknown ones can't be told", async (t) => {
  const { set, server, discovery, clock, find } = await keysFrom(t);
  set.keys = [await key("k1")];
  await find("k1");
  server.close();
  await clock.advance(2_000);
  await assert.rejects(find("k2"), unavailable.is);
  assert.equal((await find("k1")).length, 1);
  discovery.update({});
  await clock.advance(2_000);
  await assert.rejects(find("k2"), unavailable.is);
  assert.equal((await find("k1")).length, 1);
});

test("before any key is known, a key server that is away makes every token undecidable", async (t) => {
  const { server, find } = await keysFrom(t);
  server.close();
  await assert.rejects(find("k1"), unavailable.is);
});

test("the next instance is asked when one is away", async (t) => {
  const { set, server, discovery, find } = await keysFrom(t);
  const gone = await httpServer(t, () => {});
  gone.close();
  discovery.update({ users: [gone.url, server.url] });
  set.keys = [await key("k1")];
  assert.equal((await find("k1")).length, 1);
});

test("an answer that is no key set changes nothing", async (t) => {
  const elsewhere = await httpServer(t, (_request, response) => answerJson(response, 200, { keys: [] }));
  const k1 = await key("k1");
  const answers: Record<string, (response: ServerResponse) => void> = {
    "an empty set": (response) => answerJson(response, 200, { keys: [] }),
    "another type": (response) =>
      response.writeHead(200, { "content-type": "text/html" }).end(JSON.stringify({ keys: [k1] })),
    "another shape": (response) => answerJson(response, 200, [k1]),
    "half of it": (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"keys":['),
    "far too much": (response) => answerJson(response, 200, { keys: [k1], more: "x".repeat(100_000) }),
    "a redirect": (response) => response.writeHead(302, { location: elsewhere.url }).end(),
    "an error": (response) => answerJson(response, 500, { keys: [k1] }),
  };
  for (const [what, answer] of Object.entries(answers)) {
    const { find } = await keysFrom(t, answer);
    await assert.rejects(find("k1"), unavailable.is, what);
  }
  assert.equal(elsewhere.requests.length, 0);
});

test("only public Ed25519 keys of a set are used", async (t) => {
  const { set, find } = await keysFrom(t);
  const { privateJwk } = await newSigningKey("private");
  set.keys = [
    await key("good"),
    privateJwk,
    { kty: "oct", kid: "shared", k: "c2VjcmV0" },
    { ...(await key("other")), alg: "HS256" },
    null,
  ];
  assert.equal((await find("good")).length, 1);
  for (const kid of ["private", "shared", "other", "__proto__"]) assert.deepEqual(await find(kid), []);
});
