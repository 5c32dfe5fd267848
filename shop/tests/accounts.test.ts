import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { mailOf } from "./fixtures/witnesses.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

const account = { name: "Zoë", email: "Zoe@Mail.Example", password: "a good password" };

test("an account is opened, signed in to, changed and closed", async () => {
  const zoe = await shop.visitor().register(account.name, account.email);
  assert.equal((await mailOf(shop, zoe.user.email, 1)).length, 1);
  const again = await shop
    .visitor()
    .ask("POST", "/api/auth/register", { body: { ...account, email: "zoe@mail.example" } });
  assert.deepEqual([again.status, again.body.code], [409, "email_taken"]);
  await zoe.signIn({ email: account.email, password: account.password });
  assert.equal((await zoe.ask("GET", "/api/users/me")).body.name, "Zoë");
  const changed = await zoe.ask("PUT", `/api/users/${zoe.user.id}`, { body: { name: "Zoe" } });
  assert.deepEqual([changed.status, changed.body.name, changed.body.role], [200, "Zoe", "customer"]);
  const promoted = await zoe.ask("PUT", `/api/users/${zoe.user.id}`, { body: { role: "admin" } });
  assert.deepEqual([promoted.status, promoted.body.errors[0].path], [400, "/role"]);
  assert.equal((await zoe.ask("DELETE", `/api/users/${zoe.user.id}`)).status, 204);
  const gone = await shop
    .visitor()
    .ask("POST", "/api/auth/login", { body: { email: account.email, password: account.password } });
  assert.deepEqual([gone.status, gone.body.code], [401, "invalid_credentials"]);
});

test("a refresh token is good for one use, and its reuse ends the whole session", async () => {
  const ann = await shop.customer();
  const first = ann.session?.refreshToken;
  const refreshed = await ann.ask("POST", "/api/auth/refresh", { body: { refreshToken: first } });
  assert.equal(refreshed.status, 200);
  const reused = await ann.ask("POST", "/api/auth/refresh", { body: { refreshToken: first } });
  assert.deepEqual([reused.status, reused.body.code], [401, "refresh_token_reused"]);
  const ended = await ann.ask("POST", "/api/auth/refresh", { body: { refreshToken: refreshed.body.refreshToken } });
  assert.equal(ended.status, 401);
});

test("signing out ends the session's refresh token", async () => {
  const ann = await shop.customer();
  assert.equal((await ann.ask("POST", "/api/auth/logout")).status, 204);
  const after = await ann.ask("POST", "/api/auth/refresh", { body: { refreshToken: ann.session?.refreshToken } });
  assert.equal(after.status, 401);
});

test("an account is its owner's and the administrators' business", async () => {
  const [ann, bob] = [await shop.customer("Ann"), await shop.customer("Bob")];
  for (const [method, body] of [["GET"], ["PUT", { name: "Eve" }], ["DELETE"]] as const) {
    const anothers = await bob.ask(method, `/api/users/${ann.user.id}`, { body });
    const nobodys = await bob.ask(method, "/api/users/0190a000-0000-7000-8000-000000000000", { body });
    assert.equal(anothers.status, 404);
    assert.deepEqual({ ...anothers.body, instance: "" }, { ...nobodys.body, instance: "" });
  }
  assert.equal((await shop.admin.ask("GET", `/api/users/${ann.user.id}`)).body.name, "Ann");
  const { body } = await shop.admin.ask("GET", "/api/users?limit=100");
  assert.ok(body.items.some(({ id }: { id: string }) => id === ann.user.id));
});

test("notifications reach the customer as they happen, and can be read", async () => {
  const product = await shop.admin.addProduct({ name: "Sail", price: 100 }, 1);
  const ann = await shop.customer();
  const leaving = new AbortController();
  const response = await fetch(new URL("/api/notifications/stream", ann.shop), {
    headers: { authorization: `Bearer ${ann.session?.accessToken}` },
    signal: leaving.signal,
  });
  assert.equal(response.headers.get("content-type")?.split(";")[0], "text/event-stream");
  const ordered = ann.order(product.id, 1);
  let seen = "";
  for await (const chunk of response.body ?? []) {
    seen += Buffer.from(chunk).toString();
    if (seen.includes("order.confirmed")) break;
  }
  leaving.abort();
  assert.match(seen, /event: notification/);
  await ordered;
  const { body } = await ann.ask("GET", "/api/notifications");
  const [latest] = body.items;
  assert.equal((await ann.ask("POST", `/api/notifications/${latest.id}/read`)).status, 204);
  assert.equal((await ann.ask("GET", "/api/notifications")).body.items[0].read, true);
});
