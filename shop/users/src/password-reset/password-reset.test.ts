import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { notFound, rateLimited } from "@flotilla/chassis/failure";
import { eventually } from "@flotilla/chassis/testing";
import { resetTokenInvalid } from "@flotilla/contracts/password-reset";
import { invalidCredentials, refreshTokenInvalid } from "@flotilla/contracts/users";
import { MOST_RESETS } from "../sign-in/sign-in-limits.ts";
import { ada, callerOf, usersUnderTest } from "../users-under-test.ts";

const MINUTE = 60_000;
const password = "battery staple";

async function resetsUnderTest(t: TestContext) {
  const users = await usersUnderTest(t);
  const { call, published, database } = users;
  users.work();
  const announced = () =>
    published.flatMap(({ type, body }) =>
      type === "user.password_reset_requested" && "resetId" in body ? [body.resetId] : [],
    );
  const request = (email = ada.email) => call("requestPasswordReset", { body: { email } });
  /** Asks for a reset, and resolves with the token that the mail carries. */
  async function ask(email?: string): Promise<string> {
    const before = announced().length;
    await request(email);
    const id = await eventually(async () => announced()[before]);
    return (await call("issueResetToken", { params: { id } })).token;
  }
  const allLookedAt = () =>
    eventually(async () => (await database.query("select 1 from password_reset where not looked_at")).length === 0);
  const confirm = (token: string, network = "192.0.2.1") =>
    call("confirmPasswordReset", { network, body: { token, password } });
  return { ...users, request, ask, confirm, announced, allLookedAt };
}

test("a token sets a new password once, and ends all sessions", async (t) => {
  const { register, login, refresh, ask, confirm, published } = await resetsUnderTest(t);
  const signedIn = await register();
  const token = await ask("ADA@example.org");
  await login();
  await confirm(token);
  await assert.rejects(login(), invalidCredentials.is);
  await assert.rejects(refresh(signedIn.refreshToken), refreshTokenInvalid.is);
  const { user } = await login({ password });
  assert.equal(user.id, signedIn.user.id);
  await assert.rejects(confirm(token), resetTokenInvalid.is);
  const { type, body } = published.at(-1) ?? {};
  assert.deepEqual([type, body && "changed" in body && body.changed], ["user.credentials_changed", ["password"]]);
});

test("a token is good for thirty minutes", async (t) => {
  const { register, ask, confirm, clock, login } = await resetsUnderTest(t);
  await register();
  const [late, inTime] = [await ask(), await ask()];
  await clock.advance(30 * MINUTE);
  await assert.rejects(confirm(late), resetTokenInvalid.is);
  await assert.rejects(confirm(inTime), resetTokenInvalid.is);
  const token = await ask();
  await clock.advance(30 * MINUTE - 1);
  await confirm(token);
  await login({ password });
});

test("of ten uses of a token at once one succeeds", async (t) => {
  const { register, ask, confirm } = await resetsUnderTest(t);
  await register();
  const token = await ask();
  const uses = await Promise.allSettled(Array.from({ length: 10 }, () => confirm(token)));
  assert.equal(uses.filter(({ status }) => status === "fulfilled").length, 1);
  assert.ok(uses.every((use) => use.status === "fulfilled" || resetTokenInvalid.is(use.reason)));
});

test("a letter that is delivered twice carries two tokens, and using either ends both", async (t) => {
  const { register, ask, announced, call, confirm } = await resetsUnderTest(t);
  await register();
  const first = await ask();
  const [id = ""] = announced();
  const second = (await call("issueResetToken", { params: { id } })).token;
  await confirm(first);
  await assert.rejects(confirm(second), resetTokenInvalid.is);
  await assert.rejects(call("issueResetToken", { params: { id } }), notFound.is);
});

test("an email without an account is answered alike, and nothing is announced", async (t) => {
  const { register, request, announced, allLookedAt, database } = await resetsUnderTest(t);
  await register();
  assert.equal(await request("nobody@example.org"), undefined);
  await allLookedAt();
  assert.deepEqual(announced(), []);
  assert.equal((await database.query("select 1 from password_reset")).length, 1);
});

test("what follows for one email is bounded, and what a network may ask for", async (t) => {
  const { register, request, announced, allLookedAt, clock, database } = await resetsUnderTest(t);
  await register();
  for (let n = 0; n < 6; n += 1) await request();
  await allLookedAt();
  assert.equal(announced().length, 3);
  await database.query("update failed_sign_in set failures = $1", [MOST_RESETS]);
  await assert.rejects(request("another@example.org"), rateLimited.is);
  await clock.advance(30 * MINUTE);
  await request();
  await allLookedAt();
  assert.equal(announced().length, 4);
});

test("a new email ends resets that went to the old one, also those that were not delivered yet", async (t) => {
  const { register, ask, confirm, call, announced } = await resetsUnderTest(t);
  const caller = callerOf(await register());
  const [token] = [await ask(), await ask()];
  const body = { email: "ada@example.net", currentPassword: ada.password };
  await call("updateUser", { caller, params: { id: caller.id }, body });
  await assert.rejects(confirm(token), resetTokenInvalid.is);
  for (const id of announced()) await assert.rejects(call("issueResetToken", { params: { id } }), notFound.is);
});

test("wrong tokens are limited for each network", async (t) => {
  const { register, ask, confirm, database } = await resetsUnderTest(t);
  await register();
  const token = await ask();
  await assert.rejects(confirm("x"), resetTokenInvalid.is);
  await database.query("update failed_sign_in set failures = 1000");
  await assert.rejects(confirm(token), rateLimited.is);
  await confirm(token, "198.51.100.7");
});

test("the database holds no token, and closing the account ends its resets", async (t) => {
  const { register, ask, confirm, call, database } = await resetsUnderTest(t);
  const caller = callerOf(await register());
  const token = await ask();
  const rows = await database.query(
    "select r::text as row from password_reset r union all select t::text from password_reset_token t",
  );
  assert.ok(!JSON.stringify(rows).includes(token));
  assert.ok(!JSON.stringify(rows).includes(Buffer.from(token, "base64url").toString("hex")));
  await call("deleteUser", { caller, params: { id: caller.id } });
  await assert.rejects(confirm(token), resetTokenInvalid.is);
});
