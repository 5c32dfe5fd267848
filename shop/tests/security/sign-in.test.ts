import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { MOST_FAILURES } from "../../users/src/sign-in/sign-in-limits.ts";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually, type Visitor } from "../fixtures/visitor.ts";
import { doorsTo, operations } from "./operations.ts";
import { type Sent, send } from "./send.ts";

let shop: Shop;

before(async () => {
  shop = await startShop(fileCleanup);
});

const tokenOf = ({ session }: Visitor) => session?.accessToken as string;

/** A call of each service that people may make without any data of their own, at each of its doors. */
const callsOf = (role: "customer" | "admin") =>
  operations
    .filter(({ call }) => call.shape.access === role && call.method === "GET" && !call.path.includes("{"))
    .filter(({ call }) => call.shape.timeout !== 0)
    .flatMap((operation) => doorsTo(shop, operation).map((door) => ({ operation, ...door })));

const statusesOf = (role: "customer" | "admin", token: string) =>
  Promise.all(
    callsOf(role).map(async ({ operation, base, prefix }) => {
      const { status } = await send(base, { method: "GET", path: prefix + operation.call.path, token });
      return status;
    }),
  );

test("signing out, a new password, a token that came back and a closed account end access tokens everywhere in time", async () => {
  const ends: Record<string, (visitor: Visitor) => Promise<unknown>> = {
    "signing out": (visitor) => visitor.ask("POST", "/api/auth/logout"),
    "a new password": (visitor) =>
      visitor.ask("PUT", `/api/users/${visitor.user.id}`, {
        body: { password: "another good one", currentPassword: "a good password" },
      }),
    "a token that came back": async (visitor) => {
      const body = { refreshToken: visitor.session?.refreshToken };
      for (let use = 0; use < 2; use += 1) await visitor.ask("POST", "/api/auth/refresh", { body });
    },
    "a closed account": (visitor) => visitor.ask("DELETE", `/api/users/${visitor.user.id}`),
  };
  const stays = await shop.customer("Stay");
  const ended: [string, string][] = [];
  for (const [what, end] of Object.entries(ends)) {
    const visitor = await shop.customer(what.replaceAll(" ", "-"));
    assert.ok((await statusesOf("customer", tokenOf(visitor))).every((status) => status === 200));
    await end(visitor);
    ended.push([what, tokenOf(visitor)]);
  }
  for (const [what, token] of ended) {
    const limit = 60_000;
    await eventually(
      `${what} is known everywhere`,
      async () => (await statusesOf("customer", token)).every((status) => status === 401) || undefined,
      limit,
    );
  }
  assert.ok((await statusesOf("customer", tokenOf(stays))).every((status) => status === 200));
  assert.ok((await statusesOf("admin", tokenOf(shop.admin))).every((status) => status === 200));
});

test("whoever set a new password goes on by the refresh token, and nobody else does", async () => {
  const here = await shop.customer("Paul");
  const account = { email: here.user.email, password: "a good password" };
  const elsewhere = await shop.visitor().signIn(account);
  await here.ask("PUT", `/api/users/${here.user.id}`, {
    body: { password: "another good one", currentPassword: "a good password" },
  });
  const refreshed = (visitor: Visitor) =>
    visitor.ask("POST", "/api/auth/refresh", { body: { refreshToken: visitor.session?.refreshToken } });
  assert.equal((await refreshed(elsewhere)).status, 401);
  const { status, body } = await refreshed(here);
  assert.equal(status, 200);
  assert.ok((await statusesOf("customer", body.accessToken)).every((each) => each === 200));
  assert.equal((await shop.visitor().ask("POST", "/api/auth/login", { body: account })).status, 401);
});

test("of twenty uses of a refresh token at once one succeeds, and the family is over", async () => {
  const ann = await shop.customer();
  const body = { refreshToken: ann.session?.refreshToken };
  const uses = await Promise.all(Array.from({ length: 20 }, () => ann.ask("POST", "/api/auth/refresh", { body })));
  const won = uses.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  assert.equal(uses.filter(({ body }) => body.code === "refresh_token_reused").length, 19);
  const next = await ann.ask("POST", "/api/auth/refresh", { body: { refreshToken: won[0]?.body.refreshToken } });
  assert.equal(next.status, 401);
});

test("when the signing key is followed by another, tokens of both are taken everywhere", async () => {
  const before = await shop.customer("Old");
  const keysShown = async () =>
    (await shop.visitor().ask("GET", "/.well-known/jwks.json")).body.keys as { kid: string }[];
  const [first] = await keysShown();
  await shop.database("users").query("update signing_key set created_at = created_at - interval '31 days'");
  await shop.restart("users");
  const shown = await keysShown();
  assert.deepEqual([shown.length, shown[0]?.kid], [2, first?.kid]);
  // The new one has been shown for long enough by now.
  await shop.database("users").query("update signing_key set created_at = created_at - interval '11 minutes'");
  await shop.restart("users");
  const after = await shop.customer("New");
  const kidOf = (visitor: Visitor) =>
    JSON.parse(Buffer.from(tokenOf(visitor).split(".")[0] ?? "", "base64url").toString()).kid;
  assert.notEqual(kidOf(after), kidOf(before));
  for (const visitor of [before, after]) {
    await eventually(
      "the keys are known everywhere",
      async () => (await statusesOf("customer", tokenOf(visitor))).every((status) => status === 200) || undefined,
    );
  }
});

describe("failed sign-ins", () => {
  const most = MOST_FAILURES.accountAtNetwork;
  /** As if `count` passwords had been tried before, without the work of it. */
  const setFailures = (count: number) =>
    shop.database("users").query("update failed_sign_in set failures = $1", [count]);
  const logIn = (base: string, email: string, more: Partial<Sent> = {}, password = "wrong") => {
    const path = base === shop.url("users") ? "/auth/login" : "/api/auth/login";
    return send(base, { method: "POST", path, body: { email, password }, ...more });
  };

  test("end in a pause for the account at that network, said alike for accounts that are not there", async () => {
    const gateway = shop.url("gateway");
    const ann = await shop.customer();
    for (const email of [ann.user.email, "nobody@mail.example"]) {
      const network = { from: "127.0.0.2" };
      const first = await logIn(gateway, email, network);
      assert.deepEqual([first.status, first.json.code], [401, "invalid_credentials"]);
      await setFailures(most);
      const paused = await logIn(gateway, email, network, "a good password");
      assert.deepEqual([paused.status, paused.json.code], [429, "rate_limited"]);
      assert.match(String(paused.headers["retry-after"]), /^[1-9]\d*$/);
      await shop.database("users").query("delete from failed_sign_in");
    }
    await logIn(gateway, ann.user.email, { from: "127.0.0.2" });
    await setFailures(most);
    const elsewhere = await logIn(gateway, ann.user.email, { from: "127.0.0.3" }, "a good password");
    assert.equal(elsewhere.status, 200, "the owner signs in from another network");
    await shop.database("users").query("delete from failed_sign_in");
  });

  test("count for the address that the gateway sees, whatever the client says about it", async () => {
    const rows = () => shop.database("users").query("select 1 from failed_sign_in");
    const email = "somebody@mail.example";
    for (const address of ["198.51.100.1", "198.51.100.2", "198.51.100.3, 198.51.100.4"]) {
      const headers = { "x-forwarded-for": address, "x-forwarded-by": "x.y.z", forwarded: `for=${address}` };
      const spoofs = { headers: { ...headers, "x-real-ip": address } };
      await logIn(shop.url("gateway"), email, spoofs);
      await logIn(shop.url("users"), email, spoofs);
    }
    // The account here, the network here, the account anywhere: however often it was tried.
    assert.equal((await rows()).length, 3);
    await logIn(shop.url("users"), email, { headers: { "x-forwarded-for": "198.51.100.9" }, from: "127.0.0.4" });
    assert.equal((await rows()).length, 5);
    await shop.database("users").query("delete from failed_sign_in");
  });

  test("are counted together with wrong current passwords, for the network that the gateway sees", async () => {
    const ann = await shop.customer();
    const body = { password: "another good one", currentPassword: "wrong" };
    const change = { method: "PUT", path: `/api/users/${ann.user.id}`, body, token: tokenOf(ann), from: "127.0.0.5" };
    const { status, json } = await send(shop.url("gateway"), change);
    assert.deepEqual([status, json.code], [403, "password_wrong"]);
    await logIn(shop.url("gateway"), ann.user.email, { from: "127.0.0.5" });
    const rows = await shop.database("users").query("select failures from failed_sign_in");
    assert.deepEqual(rows, [{ failures: 2 }, { failures: 2 }, { failures: 2 }]);
    await shop.database("users").query("delete from failed_sign_in");
  });

  test("do not come from signing in rightly, however often", async () => {
    const ann = await shop.customer();
    for (let n = 0; n < 15; n += 1) await shop.visitor().signIn({ email: ann.user.email, password: "a good password" });
    assert.deepEqual(await shop.database("users").query("select 1 from failed_sign_in"), []);
  });
});

test("emails that look alike are one account", async () => {
  const composed = "zo\u00eb@mail.example";
  const decomposed = composed.normalize("NFD");
  const register = (email: string) =>
    shop.visitor().ask("POST", "/api/auth/register", { body: { name: "Zoe", email, password: "a good password" } });
  const first = await register(composed);
  if (first.status === 400) return assert.equal((await register(decomposed)).status, 400, "neither is an address");
  assert.equal(first.status, 201);
  for (const email of [composed, decomposed, composed.toUpperCase()]) {
    assert.equal((await register(email)).body.code, "email_taken", email);
  }
});
