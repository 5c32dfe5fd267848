import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { resetToken } from "./fixtures/reset-token.ts";
import { type Shop, startShop } from "./fixtures/shop.ts";
import type { Visitor } from "./fixtures/visitor.ts";
import { mailOf } from "./fixtures/witnesses.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

const password = "a good password";
const logIn = (email: string, given: string) =>
  shop.visitor().ask("POST", "/api/auth/login", { body: { email, password: given } });
const refreshed = async ({ session }: Visitor) => {
  const body = { refreshToken: session?.refreshToken };
  return (await shop.visitor().ask("POST", "/api/auth/refresh", { body })).status;
};

test("who forgot the password sets a new one by mail, and is signed out everywhere", async () => {
  const ann = await shop.customer("Ann");
  const { email } = ann.user;
  const token = await resetToken(shop, email);
  const confirm = (body: object) => shop.visitor().ask("POST", "/api/auth/password-reset/confirm", { body });
  const short = await confirm({ token, password: "short" });
  assert.deepEqual([short.status, short.body.errors[0].path], [400, "/password"]);
  const done = await confirm({ token, password: "another good one" });
  assert.deepEqual([done.status, done.body], [204, ""]);
  const again = await confirm({ token, password: "another good one" });
  assert.deepEqual([again.status, again.body.code], [400, "reset_token_invalid"]);
  assert.equal(await refreshed(ann), 401);
  assert.equal((await logIn(email, password)).status, 401);
  assert.equal((await logIn(email, "another good one")).status, 200);
  const subjects = (await mailOf(shop, email, 3)).map(({ subject }) => subject);
  assert.equal(subjects[0], "Your account has a new password");
});

test("an email without an account is answered alike", async () => {
  const ann = await shop.customer("Ann");
  const [known, unknown] = await Promise.all(
    [ann.user.email, "nobody@mail.example"].map((email) =>
      shop.visitor().ask("POST", "/api/auth/password-reset", { body: { email } }),
    ),
  );
  assert.deepEqual([known?.status, known?.body], [202, ""]);
  assert.deepEqual([unknown?.status, unknown?.body], [known?.status, known?.body]);
});

test("one's sessions are seen, and ended one by one or all at once", async () => {
  const here = await shop.customer("Ann");
  const account = { email: here.user.email, password };
  const [there, third] = [await shop.visitor().signIn(account), await shop.visitor().signIn(account)];
  const { body } = await here.ask("GET", "/api/auth/sessions");
  assert.deepEqual(Object.keys(body.items[0]), ["id", "createdAt", "expiresAt", "current"]);
  assert.deepEqual(
    body.items.map(({ current }: { current: boolean }) => current),
    [true, false, false],
  );
  const [, { id }] = body.items;
  assert.equal((await here.ask("DELETE", `/api/auth/sessions/${id}`)).status, 204);
  assert.equal((await here.ask("DELETE", `/api/auth/sessions/${id}`)).status, 404);
  assert.equal(await refreshed(there), 401);
  assert.equal((await here.ask("DELETE", "/api/auth/sessions")).status, 204);
  for (const visitor of [here, third]) assert.equal(await refreshed(visitor), 401);
});

test("a thief with a token alone changes neither password nor email, and the owner hears of every change", async () => {
  const owner = await shop.customer("Ann");
  const { id, email } = owner.user;
  const thief = await shop.visitor().signIn({ email, password });
  const change = (visitor: Visitor, body: object) => visitor.ask("PUT", `/api/users/${id}`, { body });
  for (const body of [{ password: "a thief's own" }, { email: "thief@mail.example" }]) {
    const { status, body: refused } = await change(thief, body);
    assert.deepEqual([status, refused.code], [403, "password_wrong"]);
  }
  const next = { email: "ann-next@mail.example", password: "another good one", currentPassword: password };
  assert.equal((await change(owner, next)).status, 200);
  const back = await change(thief, { email, password, currentPassword: "another good one" });
  assert.deepEqual([back.status, back.body.code], [401, "token_invalid"]);
  const [notice] = await mailOf(shop, email, 2);
  assert.equal(notice?.subject, "Your account has a new email and password");
  assert.ok(!notice?.text.includes("ann-next"));
});
