import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidCredentials, refreshTokenInvalid } from "@flotilla/contracts/users";
import { tokenInvalid } from "../../../../chassis/src/core/failure/failure.ts";
import { callerOf, usersUnderTest } from "../users-under-test.ts";

test("the email may be written in other letters, and each sign-in is a session of its own", async (t) => {
  const { register, login } = await usersUnderTest(t);
  const registered = await register();
  const signedIn = await login({ email: "Ada@EXAMPLE.org" });
  assert.deepEqual(signedIn.user, registered.user);
  assert.notEqual(callerOf(signedIn).session, callerOf(registered).session);
});

test("a wrong password and an unknown email get the same answer", async (t) => {
  const { register, login } = await usersUnderTest(t);
  await register();
  await assert.rejects(login({ password: "wrong horse" }), invalidCredentials.is);
  await assert.rejects(login({ email: "nobody@example.org" }), invalidCredentials.is);
});

test("a password that is changed while it is verified begins no session", async (t) => {
  const { register, login, database } = await usersUnderTest(t);
  await register();
  // Holds the row, so that the sign-in has read the old hash and waits where it looks again.
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const change = database.transaction(async (tx) => {
    await tx.query("update account set password_hash = '$argon2id$another'");
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const attempt = assert.rejects(login(), invalidCredentials.is);
  await waitingForLock(database);
  release.resolve();
  await Promise.all([change, attempt]);
  assert.equal((await database.query("select 1 from session")).length, 1);
});

test("signing out ends the refresh tokens of this session and no other", async (t) => {
  const { register, login, refresh, call } = await usersUnderTest(t);
  const phone = await register();
  const laptop = await login();
  await call("logout", { caller: callerOf(phone) });
  await assert.rejects(refresh(phone.refreshToken), refreshTokenInvalid.is);
  await refresh(laptop.refreshToken);
});

test("nobody can sign another out with a session id of theirs", async (t) => {
  const { register, refresh, call } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const caller = { ...callerOf(other), session: callerOf(one).session };
  await assert.rejects(call("logout", { caller }), tokenInvalid.is);
  await refresh(one.refreshToken);
});

async function waitingForLock({ query }: Awaited<ReturnType<typeof usersUnderTest>>["database"]): Promise<void> {
  for (;;) {
    const waiting = await query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
