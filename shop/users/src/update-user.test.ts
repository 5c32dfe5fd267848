import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/core/failure";
import { emailTaken, invalidCredentials, refreshTokenInvalid } from "@flotilla/contracts/users";
import { callerOf, usersUnderTest } from "./users-under-test.ts";

test("what is left out stays", async (t) => {
  const { register, call, login } = await usersUnderTest(t);
  const { user, ...tokens } = await register();
  const caller = callerOf({ user, ...tokens });
  const changed = await call("updateUser", { caller, params: { id: user.id }, body: { name: "Ada L." } });
  assert.deepEqual(changed, { ...user, name: "Ada L." });
  assert.deepEqual((await login()).user, changed);
});

test("a new password takes the place of the old one and ends the other sessions", async (t) => {
  const { register, call, login, refresh } = await usersUnderTest(t);
  const elsewhere = await register();
  const here = await login();
  const params = { id: here.user.id };
  await call("updateUser", { caller: callerOf(here), params, body: { password: "battery staple" } });
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
  await call("updateUser", { ...request, body: { email: "ada@example.com" } });
  await assert.rejects(refresh(renewed.refreshToken), refreshTokenInvalid.is);
  await refresh(here.refreshToken);
  await login({ email: "ada@example.com" });
});

test("another account's email is refused, also in a race, and nothing is changed", async (t) => {
  const { register, call, published } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const change = (signedIn: typeof one, email: string) =>
    call("updateUser", { caller: callerOf(signedIn), params: { id: signedIn.user.id }, body: { name: "X", email } });
  await assert.rejects(change(other, "ADA@example.org"), emailTaken.is);
  assert.deepEqual(await call("getMe", { caller: callerOf(other) }), other.user);
  const race = await Promise.allSettled([change(one, "new@example.org"), change(other, "new@example.org")]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal(published.length, 2);
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
