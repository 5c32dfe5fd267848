import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { invalidCredentials, lastAdmin, refreshTokenInvalid } from "@flotilla/contracts/users";
import { tokenInvalid } from "../../../chassis/src/core/failure/failure.ts";
import { ada, callerOf, usersUnderTest } from "./users-under-test.ts";

test("a closed account leaves nothing behind but the event, and its email is free again", async (t) => {
  const { register, login, refresh, call, database, clock, published } = await usersUnderTest(t);
  const signedIn = await register();
  const { id } = signedIn.user;
  await call("deleteUser", { caller: callerOf(signedIn), params: { id } });
  assert.deepEqual(published.at(-1), {
    type: "user.deleted",
    body: { userId: id, deletedAt: clock.now().toISOString() },
  });
  await assert.rejects(call("getMe", { caller: callerOf(signedIn) }), notFound.is);
  await assert.rejects(refresh(signedIn.refreshToken), refreshTokenInvalid.is);
  await assert.rejects(login(), invalidCredentials.is);
  for (const table of ["account", "session", "refresh_token"]) {
    assert.deepEqual(await database.query(`select * from ${table}`), [], table);
  }
  await register();
});

test("another's account is not found; administrators close every account, once", async (t) => {
  const { register, call, promote, published } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const params = { id: other.user.id };
  await assert.rejects(call("deleteUser", { caller: callerOf(one), params }), notFound.is);
  await promote(one.user);
  const caller = { ...callerOf(one), role: "admin" } as const;
  const twice = await Promise.allSettled([1, 2].map(() => call("deleteUser", { caller, params })));
  assert.deepEqual(twice.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal(published.filter(({ type }) => type === "user.deleted").length, 1);
});

test("the last administrator stays, also when two delete each other at the same time", async (t) => {
  const { register, call, promote, database } = await usersUnderTest(t);
  const admins = await Promise.all(["one@example.org", "two@example.org"].map((email) => register({ ...ada, email })));
  for (const { user } of admins) await promote(user);
  const callers = admins.map((signedIn) => ({ ...callerOf(signedIn), role: "admin" }) as const);
  const outcomes = await Promise.allSettled(
    admins.map(({ user }, index) => {
      const caller = callers[1 - index];
      assert.ok(caller);
      return call("deleteUser", { caller, params: { id: user.id } });
    }),
  );
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(refused.length, 1);
  assert.ok(tokenInvalid.is(refused[0]), "a closed account's session closes no other");
  const [stays] = await database.query<{ id: string }>("select id from account where role = 'admin'");
  const caller = callers.find(({ id }) => id === stays?.id);
  assert.ok(caller);
  await assert.rejects(call("deleteUser", { caller, params: { id: caller.id } }), lastAdmin.is);
  assert.equal((await database.query("select 1 from account where role = 'admin'")).length, 1);
});
