import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, rateLimited } from "@flotilla/chassis/failure";
import { emailTaken, invalidCredentials, passwordWrong, refreshTokenInvalid } from "@flotilla/contracts/users";
import { tokenInvalid } from "../../../chassis/src/core/failure/failure.ts";
import { MOST_FAILURES } from "./sign-in/sign-in-limits.ts";
import { ada, callerOf, usersUnderTest } from "./users-under-test.ts";

const currentPassword = ada.password;
const changed = (password: string) => ({ password, currentPassword });

test("what is left out stays", async (t) => {
  const { register, call, login } = await usersUnderTest(t);
  const { user, ...tokens } = await register();
  const caller = callerOf({ user, ...tokens });
  const named = await call("updateUser", { caller, params: { id: user.id }, body: { name: "Ada L." } });
  assert.deepEqual(named, { ...user, name: "Ada L." });
  assert.deepEqual((await login()).user, named);
});

test("a new password takes the place of the old one and ends the other sessions", async (t) => {
  const { register, call, login, refresh } = await usersUnderTest(t);
  const elsewhere = await register();
  const here = await login();
  const params = { id: here.user.id };
  await call("updateUser", { caller: callerOf(here), params, body: changed("battery staple") });
  await assert.rejects(refresh(elsewhere.refreshToken), refreshTokenInvalid.is);
  await refresh(here.refreshToken);
  await assert.rejects(login(), invalidCredentials.is);
  await login({ password: "battery staple" });
});

test("a new email ends the other sessions, a new name does not", async (t) => {
  const { register, call, login, refresh } = await usersUnderTest(t);
  const elsewhere = await register();
  const here = await login();
  const request = { caller: callerOf(here), params: { id: here.user.id } };
  await call("updateUser", { ...request, body: { name: "Ada L." } });
  const renewed = await refresh(elsewhere.refreshToken);
  await call("updateUser", { ...request, body: { email: "ada@example.com", currentPassword } });
  await assert.rejects(refresh(renewed.refreshToken), refreshTokenInvalid.is);
  await refresh(here.refreshToken);
  await login({ email: "ada@example.com" });
});

test("another account's email is refused, also in a race, and nothing is changed", async (t) => {
  const { register, call, published } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const change = (signedIn: typeof one, email: string) =>
    call("updateUser", {
      caller: callerOf(signedIn),
      params: { id: signedIn.user.id },
      body: { name: "X", email, currentPassword },
    });
  await assert.rejects(change(other, "ADA@example.org"), emailTaken.is);
  assert.deepEqual(await call("getMe", { caller: callerOf(other) }), other.user);
  const race = await Promise.allSettled([change(one, "new@example.org"), change(other, "new@example.org")]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal(published.filter(({ type }) => type === "user.credentials_changed").length, 1);
});

test("another's account is not found, like one that is not there; administrators change every account", async (t) => {
  const { register, call, refresh, promote } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const change = (caller: ReturnType<typeof callerOf>, id: string) =>
    call("updateUser", { caller, params: { id }, body: { name: "Bob B.", password: "new password" } });
  await assert.rejects(change(callerOf(one), other.user.id), notFound.is);
  await promote(one.user);
  const admin = { ...callerOf(one), role: "admin" } as const;
  await assert.rejects(change(admin, "unknown"), notFound.is);
  assert.equal((await change(admin, other.user.id)).name, "Bob B.");
  await assert.rejects(refresh(other.refreshToken), refreshTokenInvalid.is);
  await refresh(one.refreshToken);
});

test("a new email or password of one's own needs the current password; a new name does not", async (t) => {
  const { register, call, login } = await usersUnderTest(t);
  const signedIn = await register();
  const change = (body: object) =>
    call("updateUser", { caller: callerOf(signedIn), params: { id: signedIn.user.id }, body });
  for (const body of [{ password: "battery staple" }, { email: "eve@example.org" }, { email: "ADA@example.org" }]) {
    await assert.rejects(change(body), passwordWrong.is);
    await assert.rejects(change({ ...body, currentPassword: "wrong horse" }), passwordWrong.is);
    await assert.rejects(change({ ...body, currentPassword: "" }), passwordWrong.is);
  }
  await change({ name: "Ada L.", email: ada.email });
  assert.equal((await login()).user.email, ada.email);
});

test("wrong current passwords count as failed sign-ins", async (t) => {
  const { register, call, database } = await usersUnderTest(t);
  const signedIn = await register();
  const change = (currentPassword: string) =>
    call("updateUser", {
      caller: callerOf(signedIn),
      params: { id: signedIn.user.id },
      body: { password: "battery staple", currentPassword },
    });
  await assert.rejects(change("wrong horse"), passwordWrong.is);
  await database.query("update failed_sign_in set failures = $1", [MOST_FAILURES.accountAtNetwork]);
  await assert.rejects(change(currentPassword), rateLimited.is);
});

test("the email before a change is told of it, also when an administrator made it", async (t) => {
  const { register, call, promote, published, clock } = await usersUnderTest(t);
  const [one, other] = [await register(), await register({ email: "bob@example.org" })];
  await promote(one.user);
  const admin = { ...callerOf(one), role: "admin" } as const;
  const params = { id: other.user.id };
  await call("updateUser", { caller: admin, params, body: { email: "rob@example.org", password: "battery staple" } });
  await call("updateUser", { caller: admin, params, body: { name: "Rob" } });
  const notices = published.filter(({ type }) => type === "user.credentials_changed");
  const about = { userId: other.user.id, email: "bob@example.org", changedAt: clock.now().toISOString() };
  assert.deepEqual(
    notices.map(({ body }) => body),
    [{ ...about, changed: ["email", "password"] }],
  );
});

test("a token whose session has ended changes nothing, however short ago that was", async (t) => {
  const { register, login, call } = await usersUnderTest(t);
  const owner = await register();
  const thief = callerOf(await login());
  const params = { id: owner.user.id };
  await call("updateUser", { caller: callerOf(owner), params, body: changed("battery staple") });
  for (const body of [
    changed("a thief's own"),
    { password: "a thief's own", currentPassword: "battery staple" },
    { name: "Eve" },
  ]) {
    for (const caller of [thief, callerOf(owner)]) {
      await assert.rejects(call("updateUser", { caller, params, body }), tokenInvalid.is);
    }
  }
  await assert.rejects(call("deleteUser", { caller: thief, params }), tokenInvalid.is);
  await assert.rejects(call("logout", { caller: thief }), tokenInvalid.is);
  await login({ password: "battery staple" });
});

test("who is an administrator no longer changes nobody else, whatever the token says", async (t) => {
  const { register, call } = await usersUnderTest(t);
  const [one, other] = [await register(), await register({ email: "bob@example.org" })];
  const former = { ...callerOf(one), role: "admin" } as const;
  const params = { id: other.user.id };
  await assert.rejects(call("updateUser", { caller: former, params, body: { name: "Eve" } }), notFound.is);
  await assert.rejects(call("deleteUser", { caller: former, params }), notFound.is);
});
