import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshTokenInvalid, refreshTokenReused } from "@flotilla/contracts/users";
import { callerOf, openConnections, usersUnderTest } from "../users-under-test.ts";
import { sessionStore } from "./session-store.ts";

const DAY = 24 * 60 * 60_000;

test("each refresh gives new tokens of the same session", async (t) => {
  const { register, refresh } = await usersUnderTest(t);
  const first = await register();
  const second = await refresh(first.refreshToken);
  const third = await refresh(second.refreshToken);
  assert.equal(new Set([first, second, third].map((answer) => answer.refreshToken)).size, 3);
  assert.equal(callerOf(third).session, callerOf(first).session);
});

test("a token that comes back ends the whole family, also the newest token of it", async (t) => {
  const { register, login, refresh } = await usersUnderTest(t);
  const first = await register();
  const elsewhere = await login();
  const second = await refresh(first.refreshToken);
  await assert.rejects(refresh(first.refreshToken), refreshTokenReused.is);
  await assert.rejects(refresh(second.refreshToken), refreshTokenInvalid.is);
  await assert.rejects(refresh(first.refreshToken), refreshTokenReused.is);
  await refresh(elsewhere.refreshToken);
});

test("of 20 uses of one token at the same time exactly one succeeds, and the family ends", async (t) => {
  const { register, refresh, database } = await usersUnderTest(t);
  const { refreshToken } = await register();
  await openConnections(database);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => refresh(refreshToken)));
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  assert.equal(won.length, 1);
  assert.ok(outcomes.every((outcome) => outcome.status === "fulfilled" || refreshTokenReused.is(outcome.reason)));
  await assert.rejects(refresh(won[0]?.refreshToken as string), refreshTokenInvalid.is);
});

test("a token that nobody issued is refused", async (t) => {
  const { refresh } = await usersUnderTest(t);
  await assert.rejects(refresh("nonsense"), refreshTokenInvalid.is);
});

test("a token is good for 30 days, and each refresh begins them anew", async (t) => {
  const { register, refresh, clock } = await usersUnderTest(t);
  const first = await register();
  await clock.advance(29 * DAY);
  const second = await refresh(first.refreshToken);
  await clock.advance(29 * DAY);
  const third = await refresh(second.refreshToken);
  await clock.advance(30 * DAY);
  await assert.rejects(refresh(third.refreshToken), refreshTokenInvalid.is);
});

test("the answer shows the user as they are now", async (t) => {
  const { register, refresh, promote } = await usersUnderTest(t);
  const { user, refreshToken } = await register();
  await promote(user);
  assert.equal((await refresh(refreshToken)).user.role, "admin");
});

test("sessions are forgotten when their last token has expired", async (t) => {
  const { register, login, refresh, database, clock } = await usersUnderTest(t);
  await register();
  const kept = await login();
  await clock.advance(20 * DAY);
  const renewed = await refresh(kept.refreshToken);
  await clock.advance(15 * DAY);
  assert.equal(await sessionStore(database).forgetExpired(clock.now()), false);
  assert.equal((await database.query("select 1 from session")).length, 1);
  await refresh(renewed.refreshToken);
});
