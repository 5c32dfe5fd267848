import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { refreshTokenInvalid } from "@flotilla/contracts/users";
import { tokenInvalid } from "../../../../chassis/src/core/failure/failure.ts";
import { callerOf, usersUnderTest } from "../users-under-test.ts";

const query = { limit: 20 };

test("one's sessions are listed oldest first, without those that have ended", async (t) => {
  const { register, login, call, clock } = await usersUnderTest(t);
  const first = await register();
  await register({ email: "bob@example.org" });
  const [second, third] = [await login(), await login()];
  await call("logout", { caller: callerOf(second) });
  const { items, nextCursor } = await call("listSessions", { caller: callerOf(third), query });
  const since = clock.now().toISOString();
  assert.deepEqual(
    items.map(({ id, createdAt, current }) => ({ id, createdAt, current })),
    [
      { id: callerOf(first).session, createdAt: since, current: false },
      { id: callerOf(third).session, createdAt: since, current: true },
    ],
  );
  assert.equal(nextCursor, null);
  const page = await call("listSessions", { caller: callerOf(third), query: { limit: 1 } });
  assert.deepEqual([page.items.length, page.nextCursor], [1, callerOf(first).session]);
  const rest = await call("listSessions", { caller: callerOf(third), query: { limit: 1, cursor: page.nextCursor } });
  assert.deepEqual([rest.items[0]?.id, rest.nextCursor], [callerOf(third).session, null]);
});

test("a session ends another one of its account, and none of others", async (t) => {
  const { register, login, refresh, call } = await usersUnderTest(t);
  const [here, there] = [await register(), await login()];
  const bob = await register({ email: "bob@example.org" });
  const end = (id: string) => call("endSession", { caller: callerOf(here), params: { id } });
  await end(callerOf(there).session);
  await assert.rejects(refresh(there.refreshToken), refreshTokenInvalid.is);
  for (const id of [callerOf(there).session, callerOf(bob).session, "unknown"]) {
    await assert.rejects(end(id), notFound.is);
  }
  await refresh(bob.refreshToken);
  await refresh(here.refreshToken);
});

test("signing out everywhere ends all sessions, the one that asks as well", async (t) => {
  const { register, login, refresh, call, audited } = await usersUnderTest(t);
  const [here, there] = [await register(), await login()];
  const bob = await register({ email: "bob@example.org" });
  await call("endAllSessions", { caller: callerOf(here) });
  for (const { refreshToken } of [here, there]) await assert.rejects(refresh(refreshToken), refreshTokenInvalid.is);
  await refresh(bob.refreshToken);
  await assert.rejects(call("endAllSessions", { caller: callerOf(there) }), tokenInvalid.is);
  await assert.rejects(call("endSession", { caller: callerOf(there), params: { id: "any" } }), tokenInvalid.is);
  assert.deepEqual(audited.at(-1), { action: "end_all_sessions", result: "done", userId: here.user.id });
});

test("of two sessions that end each other at the same time one stays", async (t) => {
  const { register, login, call } = await usersUnderTest(t);
  const sessions = [callerOf(await register()), callerOf(await login())] as const;
  const [one, other] = sessions;
  const ended = await Promise.allSettled([
    call("endSession", { caller: one, params: { id: other.session } }),
    call("endSession", { caller: other, params: { id: one.session } }),
  ]);
  assert.deepEqual(ended.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});
