import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { needsFreshSession } from "../../../chassis/src/contract/call.ts";
import { resetToken } from "../fixtures/reset-token.ts";
import { type Shop, startShop } from "../fixtures/shop.ts";
import type { Visitor } from "../fixtures/visitor.ts";
import { type Examples, examplesIn } from "./input/examples.ts";
import { stateOf } from "./input/untouched.ts";
import { doorsTo, type Operation, operations, pathOf } from "./operations.ts";
import { send } from "./send.ts";

let shop: Shop;
let examples: Examples;

before(async () => {
  shop = await startShop(fileCleanup);
  examples = await examplesIn(shop);
});

const password = "a good password";
const forPeople = operations.filter(({ call }) => ["customer", "admin"].includes(call.shape.access));
const changing = forPeople.filter(({ call }) => call.method !== "GET");
/** What may be done for some seconds more. */
const harmless = ["readNotification"];
const guarded = changing.filter(({ name }) => !harmless.includes(name));

test("whatever changes accounts, sessions, money or the shop looks the session up", () => {
  const open = guarded.filter(({ call, service }) => service !== "users" && !needsFreshSession(call));
  assert.deepEqual(
    open.map(({ name }) => name),
    [],
  );
  assert.ok(guarded.length >= 12, String(guarded.length));
});

/** The ways in which a session ends, of a customer who has signed in twice. */
const ends: Record<string, (owner: Visitor) => Promise<unknown>> = {
  "the owner signed out everywhere": (owner) => owner.ask("DELETE", "/api/auth/sessions"),
  "the owner ended it": async (owner) => {
    const { body } = await owner.ask("GET", "/api/auth/sessions");
    for (const { id, current } of body.items) {
      if (!current) assert.equal((await owner.ask("DELETE", `/api/auth/sessions/${id}`)).status, 204);
    }
  },
  "the password was changed": (owner) =>
    owner.ask("PUT", `/api/users/${owner.user.id}`, {
      body: { password: "another good one", currentPassword: password },
    }),
  "the email was changed": (owner) =>
    owner.ask("PUT", `/api/users/${owner.user.id}`, {
      body: { email: `next-${owner.user.email}`, currentPassword: password },
    }),
  "the password was reset": async (owner) => {
    const token = await resetToken(shop, owner.user.email);
    await shop
      .visitor()
      .ask("POST", "/api/auth/password-reset/confirm", { body: { token, password: "another good one" } });
  },
  "the account was closed": (owner) => owner.ask("DELETE", `/api/users/${owner.user.id}`),
  "an administrator closed the account": (owner) => shop.admin.ask("DELETE", `/api/users/${owner.user.id}`),
  "an administrator changed the password": (owner) =>
    shop.admin.ask("PUT", `/api/users/${owner.user.id}`, { body: { password: "another good one" } }),
};

/** Tries an operation at all its doors; resolves with the answers. */
const tries = (operation: Operation, token: string, params: Record<string, string> = {}) =>
  Promise.all(
    doorsTo(shop, operation).map(async (door) => {
      const { headers, body } = examples.of(operation);
      const path = door.prefix + pathOf(operation.call, { ...examples.of(operation).params, ...params });
      const { method } = operation.call;
      const { status, json } = await send(door.base, {
        method,
        path,
        token,
        ...(headers && { headers }),
        ...(body && { body }),
      });
      return `${operation.name} at the ${door.at}: ${status} ${json?.code}`;
    }),
  );

const refusals = (operation: Operation) =>
  doorsTo(shop, operation).map(({ at }) => `${operation.name} at the ${at}: 401 token_invalid`);

describe("a token whose session has ended changes and buys nothing from that moment on", () => {
  for (const [how, end] of Object.entries(ends)) {
    test(how, async () => {
      const owner = await shop.customer("Owner");
      const thief = await shop.visitor().signIn({ email: owner.user.email, password });
      const token = thief.session?.accessToken as string;
      const { status } = await thief.ask("GET", "/api/orders");
      assert.equal(status, 200, "the services know the token");
      await end(owner);
      for (const operation of guarded.filter(({ call }) => call.shape.access === "customer")) {
        assert.deepEqual(await tries(operation, token, { id: owner.user.id }), refusals(operation));
      }
    });
  }

  test("an administrator's too", async () => {
    const admin = await shop.customer("Deputy");
    await shop.database("users").query("update account set role = 'admin' where id = $1", [admin.user.id]);
    await admin.signIn({ email: admin.user.email, password });
    const token = admin.session?.accessToken as string;
    assert.equal((await admin.ask("GET", "/api/users")).status, 200);
    assert.equal((await admin.ask("POST", "/api/auth/logout")).status, 204);
    const before = await stateOf(shop);
    for (const operation of guarded.filter(({ call }) => call.shape.access === "admin")) {
      assert.deepEqual(await tries(operation, token), refusals(operation));
    }
    assert.deepEqual(await stateOf(shop), before);
  });
});
