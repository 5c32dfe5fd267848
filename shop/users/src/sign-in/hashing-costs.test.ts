import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Failure, unavailable } from "@flotilla/chassis/failure";
import { accountStore } from "../account-store.ts";
import { confirmPasswordReset } from "../password-reset/confirm-password-reset.ts";
import { passwordResetStore } from "../password-reset/password-reset-store.ts";
import { createPasswords, deriveOffLoop } from "../passwords/passwords.ts";
import { registerUser } from "../register-user.ts";
import { sessionStore } from "../sessions/session-store.ts";
import { updateUser } from "../update-user.ts";
import { ada, callerOf, usersUnderTest } from "../users-under-test.ts";
import { signIns } from "./sign-in.ts";
import { signInFailureStore } from "./sign-in-failure-store.ts";
import { MOST_FAILURES, signInLimits } from "./sign-in-limits.ts";
import { signInRecordStore } from "./sign-in-record-store.ts";

const network = "192.0.2.1";

/** The use cases that hash passwords, and how many hashes they made. */
async function hashingUnderTest(t: TestContext) {
  const users = await usersUnderTest(t);
  const { database, clock } = users;
  let hashes = 0;
  const passwords = createPasswords(undefined, (...about) => {
    hashes += 1;
    return deriveOffLoop(...about);
  });
  const sessions = sessionStore(database);
  const needs = {
    database,
    accounts: accountStore(database),
    sessions,
    resets: passwordResetStore(database),
    passwords,
    publish: async () => {},
    clock,
    limits: signInLimits({ store: signInFailureStore(database), sessions, clock, audit: () => {} }),
    audit: () => {},
    signIns: signIns({ sessions, records: signInRecordStore(database), clock, sign: async () => "" }),
  };
  const signedIn = await users.register();
  const caller = callerOf(signedIn);
  const update = updateUser(needs);
  return {
    ...users,
    caller,
    hashes: () => hashes,
    register: registerUser(needs),
    update: (change: Parameters<typeof update>[0]["change"], more = {}) =>
      update({ caller, id: caller.id, change, network, ...more }),
    confirm: confirmPasswordReset(needs),
  };
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => new Error("was not refused"),
    (error: unknown) => error,
  );
  if (error instanceof Failure) return error.code;
  throw error;
};

test("what is refused for a reason that costs little costs no hash", async (t) => {
  const { caller, hashes, register, update, confirm, call, login } = await hashingUnderTest(t);
  const body = { password: "battery staple", currentPassword: ada.password };
  const other = callerOf(await login());
  const attempts: [string, () => Promise<unknown>][] = [
    ["invalid_input", () => update({ ...body, name: "  " })],
    ["invalid_input", () => update({ ...body, name: "Ada\u2028" + "L." })],
    ["password_wrong", () => update({ password: "battery staple" })],
    ["not_found", () => update(body, { id: "another" })],
    ["invalid_input", () => register({ ...ada, email: "new@example.org", name: " " }, network)],
    ["email_taken", () => register(ada, network)],
    ["reset_token_invalid", () => confirm({ token: "x", password: "battery staple" }, network)],
  ];
  for (const [code, attempt] of attempts) assert.equal(await codeOf(attempt()), code);
  await call("logout", { caller: other });
  assert.equal(await codeOf(update(body, { caller: other, id: caller.id })), "token_invalid");
  assert.equal(hashes(), 0);
  await update(body);
  assert.equal(hashes(), 2, "the current one is verified, the new one hashed");
});

test("eighty blank names at once with a new password cost no hash, and hold up nobody", async (t) => {
  const { hashes, update, login } = await hashingUnderTest(t);
  const body = { password: "battery staple", currentPassword: ada.password, name: " " };
  const codes = await Promise.all(Array.from({ length: 80 }, () => codeOf(update(body))));
  assert.ok(codes.every((code) => code === "invalid_input"));
  assert.equal(hashes(), 0);
  await login();
});

test("a flood of one user's changes from one address is refused before anybody else's sign-ins there", async (t) => {
  const { call, login } = await hashingUnderTest(t);
  const people = ["b", "c", "d", "e"].map((name) => ({ ...ada, email: `${name}@example.org` }));
  for (const body of people) await call("register", { body });
  const caller = callerOf(await login());
  const flood = Array.from({ length: 80 }, () =>
    call("updateUser", {
      caller,
      params: { id: caller.id },
      body: { email: ada.email.toUpperCase(), currentPassword: ada.password },
    }).catch((error: unknown) => error),
  );
  const signedIn = await Promise.all(people.map(({ email }) => login({ email })));
  assert.equal(signedIn.length, people.length);
  const refused = (await Promise.all(flood)).filter((answer) => unavailable.is(answer));
  assert.ok(refused.length >= 80 - 66, String(refused.length));
});

test("every way to a hash is over after too many failures of the network", async (t) => {
  const { hashes, register, update, confirm, database } = await hashingUnderTest(t);
  await assert.rejects(register(ada, network));
  await database.query("update failed_sign_in set failures = $1", [MOST_FAILURES.network]);
  const body = { password: "battery staple", currentPassword: ada.password };
  const before = hashes();
  assert.equal(await codeOf(update(body)), "rate_limited");
  assert.equal(await codeOf(register({ ...ada, email: "new@example.org" }, network)), "rate_limited");
  assert.equal(await codeOf(confirm({ token: "x", password: "battery staple" }, network)), "rate_limited");
  assert.equal(hashes(), before);
});
