import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenInvalid } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, bodyOf, gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { defaultLimits } from "./limit.ts";

const limits = { signIn: 2, address: 3, user: 4 };

async function limited(t: Parameters<typeof gatewayTo>[0]) {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}, { ratelimit: '"inside";r=1' }));
  const { url } = await gatewayTo(t, [service.url], { limits });
  const statuses = async (count: number, path: string, init: () => RequestInit = () => ({})) => {
    const found: number[] = [];
    for (let n = 0; n < count; n++) found.push((await fetch(url + path, init())).status);
    return found;
  };
  return { url, service, statuses };
}

test("answers tell what is left of the limit, in the gateway's words alone", async (t) => {
  const { url } = await limited(t);
  const { headers } = await fetch(`${url}/api/books`);
  assert.equal(headers.get("ratelimit-policy"), '"address";q=3;w=60');
  assert.equal(headers.get("ratelimit"), '"address";r=2;t=60');
});

test("beyond the limit nothing reaches the service, and the answer says when to come back", async (t) => {
  const { url, service, statuses } = await limited(t);
  assert.deepEqual(await statuses(5, "/api/books"), [200, 200, 200, 429, 429]);
  assert.equal(service.requests.length, 3);
  const response = await fetch(`${url}/api/books`);
  assert.equal((await bodyOf(response))["code"], "rate_limited");
  assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d?$/);
  assert.match(response.headers.get("ratelimit") ?? "", /^"address";r=0;t=\d+$/);
});

test("a user counts for themselves, wherever they call from", async (t) => {
  const { statuses } = await limited(t);
  assert.deepEqual(await statuses(4, "/api/books"), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(5, "/api/books", () => ({ headers: as("ann") })), [200, 200, 200, 200, 429]);
  assert.deepEqual(await statuses(1, "/api/books", () => ({ headers: as("root") })), [200]);
});

test("sign-in has a limit of its own", async (t) => {
  const { statuses } = await limited(t);
  const body = '{"title":"x"}';
  const init = () => ({ method: "POST", body, headers: { "content-type": "application/json", ...as("ann") } });
  assert.deepEqual(await statuses(3, "/api/auth/login", init), [200, 200, 429]);
  assert.deepEqual(await statuses(1, "/api/books"), [200]);
});

test("a claimed address or another spelling of the path does not help", async (t) => {
  const { statuses } = await limited(t);
  let n = 0;
  const claim = () => ({ headers: { "x-forwarded-for": `192.0.2.${++n}`, forwarded: `for=192.0.2.${n}` } });
  assert.deepEqual(await statuses(2, "/api/books", claim), [200, 200]);
  assert.deepEqual(await statuses(2, "/api/%62ooks?x=1", claim), [200, 429]);
});

test("tokens that are not good use up a limit of the address, and take nothing from public readers there", async (t) => {
  const { statuses } = await limited(t);
  const guess = () => ({ headers: as("guess"), method: "POST" });
  assert.deepEqual(await statuses(4, "/api/loans", guess), [401, 401, 401, 429]);
  assert.deepEqual(await statuses(3, "/api/books"), [200, 200, 200]);
});

test("the gateway's health is not limited", async (t) => {
  const { statuses } = await limited(t);
  assert.deepEqual(await statuses(5, "/health/live"), [200, 200, 200, 200, 200]);
});

test("requests that no route fits, or that can't be read, use up the limit of the address", async (t) => {
  const { statuses } = await limited(t);
  assert.deepEqual(await statuses(1, "/api/nothing"), [404]);
  assert.deepEqual(await statuses(1, "/api/books", () => ({ method: "DELETE" })), [405]);
  assert.deepEqual(await statuses(1, "/api/books/%00"), [400]);
  assert.deepEqual(await statuses(1, "/api/nothing"), [429]);
});

test("who has tried too many tokens has no further one looked at, but known ones stay good", async (t) => {
  let verified = 0;
  const ann: Caller = { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" };
  const verify = async (): Promise<Caller> => {
    verified += 1;
    throw tokenInvalid.failure();
  };
  const known = (token: string) => (token === "ann" ? ann : undefined);
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, {}));
  const options = { verify: Object.assign(verify, { known }), limits: { ...defaultLimits, guesses: 30 } };
  const { url } = await gatewayTo(t, [service.url], options);
  const lend = (token: string) => fetch(`${url}/api/loans`, { method: "POST", headers: as(token) });
  const guesses = await Promise.all(Array.from({ length: 31 }, (_, at) => lend(`guess-${at}`)));
  assert.deepEqual([...new Set(guesses.map(({ status }) => status))], [401]);
  const before = verified;
  assert.equal((await lend("one-more")).status, 429);
  assert.equal(verified, before);
  assert.equal((await lend("ann")).status, 201);
  const read = await fetch(`${url}/api/books`, { headers: as("one-more") });
  assert.deepEqual([read.status, verified], [201, before], "public reads need no token");
});

test("tokens that are none cost nothing: those behind the same address are looked at as before", async (t) => {
  const ann: Caller = { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" };
  const verify = Object.assign(async () => ann, { isPlausible: (token: string) => token === "ann" });
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, {}));
  const { url } = await gatewayTo(t, [service.url], { verify, limits: { ...defaultLimits, guesses: 5 } });
  const lend = (token: string) => fetch(`${url}/api/loans`, { method: "POST", headers: as(token) });
  const refused = await Promise.all(Array.from({ length: 30 }, (_, at) => lend(`none-${at}`)));
  assert.deepEqual([...new Set(refused.map(({ status }) => status))], [401]);
  assert.equal((await lend("ann")).status, 201);
});

test("tokens that are tried on public calls are counted as well", async (t) => {
  let verified = 0;
  const verify = async (): Promise<Caller> => {
    verified += 1;
    throw tokenInvalid.failure();
  };
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url], { verify, limits: { ...defaultLimits, guesses: 3 } });
  for (let n = 0; n < 10; n++) {
    assert.equal((await fetch(`${url}/api/books`, { headers: as(`guess-${n}`) })).status, 200);
  }
  assert.equal(verified, 4);
});

test("limits follow the client that a trusted proxy speaks for", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url], { limits, trustedProxies: ["127.0.0.0/8"] });
  const from = async (address: string) =>
    (await fetch(`${url}/api/books`, { headers: { "x-forwarded-for": address } })).status;
  for (const status of [200, 200, 200, 429]) assert.equal(await from("203.0.113.9"), status);
  assert.equal(await from("203.0.113.10"), 200);
  assert.equal(service.requests.at(-1)?.headers["x-forwarded-for"], "203.0.113.10", "services hear of the client");
  for (const host of ["1", "2", "3"]) assert.equal(await from(`2001:db8:1:2::${host}`), 200);
  assert.equal(await from("2001:db8:1:2:ffff::4"), 429, "a /64 counts as one");
});
