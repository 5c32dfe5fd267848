import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidInput } from "@flotilla/chassis/failure";
import { emailTaken } from "@flotilla/contracts/users";
import { ada, callerOf, openConnections, usersUnderTest } from "./users-under-test.ts";

test("whoever registers is signed in, and the event tells of them", async (t) => {
  const { register, refresh, call, published } = await usersUnderTest(t);
  const signedIn = await register();
  const { user } = signedIn;
  assert.deepEqual([user.name, user.email, user.role, signedIn.expiresIn], ["Ada", ada.email, "customer", 900]);
  assert.deepEqual(await call("getMe", { caller: callerOf(signedIn) }), user);
  assert.deepEqual((await refresh(signedIn.refreshToken)).user, user);
  const body = { userId: user.id, name: user.name, email: user.email, createdAt: user.createdAt };
  assert.deepEqual(published, [{ type: "user.created", body }]);
});

test("an email has one account, however its letters are written", async (t) => {
  const { register, published } = await usersUnderTest(t);
  await register();
  await assert.rejects(register({ email: "ADA@Example.org" }), emailTaken.is);
  assert.equal(published.length, 1);
});

test("of ten who register one email at the same time one gets it", async (t) => {
  const { register, published, database } = await usersUnderTest(t);
  await openConnections(database);
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => register()));
  assert.equal(outcomes.filter((outcome) => outcome.status === "fulfilled").length, 1);
  assert.ok(outcomes.every((outcome) => outcome.status === "fulfilled" || emailTaken.is(outcome.reason)));
  assert.equal(published.length, 1);
  assert.equal((await database.query("select 1 from session")).length, 1);
});

test("an account is not opened when its session or event can't be stored", async (t) => {
  const { register, database } = await usersUnderTest(t);
  await database.query("alter table refresh_token rename to elsewhere");
  await assert.rejects(register());
  await database.query("alter table elsewhere rename to refresh_token");
  assert.equal((await database.query("select 1 from account")).length, 0);
  await register();
});

test("the database holds neither the password nor a token", async (t) => {
  const { register, database } = await usersUnderTest(t);
  const { refreshToken, accessToken } = await register();
  const rows = await database.query(
    "select a::text || s::text || r::text as text from account a, session s, refresh_token r",
  );
  const text = JSON.stringify(rows);
  const asHex = Buffer.from(refreshToken, "base64url").toString("hex");
  for (const secret of [ada.password, refreshToken, asHex, accessToken]) assert.ok(!text.includes(secret));
});

test("a blank name is refused", async (t) => {
  const { register } = await usersUnderTest(t);
  await assert.rejects(register({ name: "   " }), invalidInput.is);
});
