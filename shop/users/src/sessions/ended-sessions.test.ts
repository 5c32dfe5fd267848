import assert from "node:assert/strict";
import { test } from "node:test";
import { ada, callerOf, usersUnderTest } from "../users-under-test.ts";
import { endedSessionStore } from "./ended-session-store.ts";

const told = async (call: Awaited<ReturnType<typeof usersUnderTest>>["call"], query = {}) =>
  (await call("listEndedSessions", { query })).sessions.sort();

test("signing out, a token that comes back and a closed account end sessions, for all to know", async (t) => {
  const { register, login, refresh, call } = await usersUnderTest(t);
  const [first, second, third] = [await register(), await login(), await login()];
  assert.deepEqual(await told(call), []);
  await call("logout", { caller: callerOf(first) });
  await refresh(second.refreshToken);
  await assert.rejects(refresh(second.refreshToken));
  const ended = [first, second].map((signedIn) => callerOf(signedIn).session).sort();
  assert.deepEqual(await told(call), ended);
  await call("deleteUser", { caller: callerOf(third), params: { id: third.user.id } });
  assert.deepEqual(await told(call), [...ended, callerOf(third).session].sort());
});

test("a new password ends all access tokens; the session that set it goes on by its refresh token", async (t) => {
  const { register, login, refresh, call } = await usersUnderTest(t);
  const [elsewhere, here] = [await register(), await login()];
  const caller = callerOf(here);
  const body = { password: "battery staple", currentPassword: ada.password };
  await call("updateUser", { caller, params: { id: caller.id }, body });
  assert.deepEqual(await told(call), [callerOf(elsewhere).session, caller.session].sort());
  const renewed = await refresh(here.refreshToken);
  assert.equal((await told(call)).includes(callerOf(renewed).session), false);
  await assert.rejects(refresh(here.refreshToken));
  assert.equal((await told(call)).includes(callerOf(renewed).session), true, "the family is still one");
});

test("whatever number a reader names is one, and one that was never given tells of everything", async (t) => {
  const { register, call } = await usersUnderTest(t);
  const signedIn = await register();
  await call("logout", { caller: callerOf(signedIn) });
  for (const since of ["0", "00", "09", "0123", "9".repeat(18)]) {
    assert.deepEqual(await told(call, { since }), [callerOf(signedIn).session], since);
  }
});

test("a new email ends the other sessions only", async (t) => {
  const { register, login, call } = await usersUnderTest(t);
  const [elsewhere, here] = [await register(), await login()];
  const caller = callerOf(here);
  await call("updateUser", {
    caller,
    params: { id: caller.id },
    body: { email: "ada@example.net", currentPassword: ada.password },
  });
  assert.deepEqual(await told(call), [callerOf(elsewhere).session]);
});

test("who reads on misses no session, however long its transaction took", async (t) => {
  const { database, clock } = await usersUnderTest(t);
  const store = endedSessionStore(database);
  const end = "insert into ended_session (session_id, ended_at) values ($1, $2)";
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const slow = database.transaction(async (tx) => {
    await tx.query(end, ["slow", clock.now()]);
    begun.resolve();
    await go.promise;
  });
  await begun.promise;
  await database.query(end, ["quick", clock.now()]);
  const first = await store.list({}, clock.now());
  assert.deepEqual(first.sessions, ["quick"]);
  go.resolve();
  await slow;
  const second = await store.list({ since: first.since }, clock.now());
  assert.ok(second.sessions.includes("slow"));
  // Told again as long as any transaction of the server is older, and then no more.
  let last = second;
  while (last.sessions.length > 0 && !t.signal.aborted) last = await store.list({ since: last.since }, clock.now());
  const foreign = await store.list({ since: "999999999999999999" }, clock.now());
  assert.deepEqual(foreign.sessions, ["quick", "slow"], "a restored server tells of all");
});

test("many are told page by page, and forgotten when no token can be in time", async (t) => {
  const { database, clock } = await usersUnderTest(t);
  const store = endedSessionStore(database);
  await database.query(
    "insert into ended_session (session_id, ended_at) select 's' || lpad(n::text, 5, '0'), $1 from generate_series(1, 1500) n",
    [clock.now()],
  );
  const first = await store.list({}, clock.now());
  assert.deepEqual([first.sessions.length, first.after], [1_000, "s01000"]);
  const second = await store.list({ after: "s01000" }, clock.now());
  assert.deepEqual([second.sessions.length, second.after], [500, null]);
  await clock.advance(20 * 60_000);
  assert.deepEqual((await store.list({}, clock.now())).sessions, []);
  assert.equal(await store.forgetOld(clock.now()), true);
  assert.equal(await store.forgetOld(clock.now()), false);
});
