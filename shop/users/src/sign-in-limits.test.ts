import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimited } from "@flotilla/chassis/core/failure";
import { invalidCredentials } from "@flotilla/contracts/users";
import { accountStore } from "./account-store.ts";
import { logIn } from "./log-in.ts";
import { createPasswords, deriveOffLoop } from "./passwords/passwords.ts";
import { sessionStore } from "./session-store.ts";
import type { SignIns } from "./sign-in.ts";
import { signInFailureStore } from "./sign-in-failure-store.ts";
import { signInLimits } from "./sign-in-limits.ts";
import { ada, usersUnderTest } from "./users-under-test.ts";

const MINUTE = 60_000;
const home = "192.0.2.1";
const elsewhere = "198.51.100.7";

/** The limits on a real database, so that a hundred failures cost no hundred hashes. */
async function limitsUnderTest(t: Parameters<typeof usersUnderTest>[0]) {
  const users = await usersUnderTest(t);
  const { database, clock } = users;
  const limits = signInLimits({ store: signInFailureStore(database), sessions: sessionStore(database), clock });
  const fail = async (count: number, email: string, network: string) => {
    for (let n = 0; n < count; n += 1) await limits.failed({ email, network });
  };
  return { ...users, limits, fail };
}

test("after ten failures an account takes no more from that network for a quarter of an hour, not even what is right", async (t) => {
  const { register, login, clock } = await usersUnderTest(t);
  await register();
  for (let n = 0; n < 10; n += 1) await assert.rejects(login({ password: "wrong" }), invalidCredentials.is);
  const refused = (error: unknown) => rateLimited.is(error) && (error.retryAfter ?? 0) === 900;
  await assert.rejects(login({ password: "wrong" }), refused);
  await assert.rejects(login({ email: ada.email.toUpperCase() }), refused);
  await login({}, elsewhere);
  await clock.advance(15 * MINUTE);
  await login();
});

test("an account that is not there is limited in the same way", async (t) => {
  const { login } = await usersUnderTest(t);
  for (let n = 0; n < 10; n += 1) await assert.rejects(login(), invalidCredentials.is);
  await assert.rejects(login(), rateLimited.is);
});

test("signing in makes the account's failures at that network undone, and what is right never counts", async (t) => {
  const { register, login } = await usersUnderTest(t);
  await register();
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 9; n += 1) await assert.rejects(login({ password: "wrong" }), invalidCredentials.is);
    for (let n = 0; n < 3; n += 1) await login();
  }
});

test("of many wrong tries at once hardly more are made than may be", async (t) => {
  const { login } = await usersUnderTest(t);
  const tries = await Promise.allSettled(Array.from({ length: 30 }, () => login()));
  const made = tries.filter((each) => each.status === "rejected" && invalidCredentials.is(each.reason)).length;
  assert.ok(made >= 10 && made <= 11, String(made));
});

test("a network has a hundred failures, whatever accounts they are about", async (t) => {
  const { limits, fail } = await limitsUnderTest(t);
  for (let account = 0; account < 100; account += 1) await fail(1, `${account}@example.org`, home);
  await assert.rejects(limits.check({ email: "another@example.org", network: home }), rateLimited.is);
  await limits.check({ email: "another@example.org", network: elsewhere });
});

test("failures all over the world keep strangers out of an account, and not its owner where they were before", async (t) => {
  const { limits, fail, register, clock } = await limitsUnderTest(t);
  await register();
  for (let network = 0; network < 20; network += 1) await fail(5, ada.email, `203.0.113.${network}`);
  await assert.rejects(limits.check({ email: ada.email, network: elsewhere }), rateLimited.is);
  await limits.check({ email: ada.email, network: home });
  await fail(100, "nobody@example.org", "203.0.113.200");
  await assert.rejects(limits.check({ email: "nobody@example.org", network: elsewhere }), rateLimited.is);
  await clock.advance(15 * MINUTE);
  await limits.check({ email: ada.email, network: elsewhere });
});

test("a window ends when it said it would, and failures in it don't make it longer", async (t) => {
  const { limits, fail, clock } = await limitsUnderTest(t);
  await fail(5, ada.email, home);
  await clock.advance(10 * MINUTE);
  await fail(5, ada.email, home);
  await assert.rejects(
    limits.check({ email: ada.email, network: home }),
    (error) => rateLimited.is(error) && error.retryAfter === 300,
  );
  await clock.advance(5 * MINUTE);
  await limits.check({ email: ada.email, network: home });
});

test("failures that count no more are removed, and neither emails nor addresses are kept", async (t) => {
  const { fail, clock, database } = await limitsUnderTest(t);
  await fail(1, ada.email, home);
  const rows = await database.query("select failed_sign_in::text as text from failed_sign_in");
  assert.doesNotMatch(JSON.stringify(rows), /ada|192\.0/);
  await clock.advance(15 * MINUTE);
  await signInFailureStore(database).forgetOld(clock.now());
  assert.deepEqual(await database.query("select 1 from failed_sign_in"), []);
});

test("an unknown email costs the same work as a wrong password, to the statement", async (t) => {
  const { database, clock, register } = await usersUnderTest(t);
  await register();
  const work: unknown[] = [];
  const passwords = createPasswords(undefined, (password, salt, cost, length) => {
    work.push({ ...cost, length, salt: salt.length });
    return deriveOffLoop(password, salt, cost, length);
  });
  const watched: typeof database = {
    ...database,
    query(text, values) {
      work.push(text);
      return database.query(text, values);
    },
  };
  const limits = signInLimits({ store: signInFailureStore(watched), sessions: sessionStore(watched), clock });
  const never = () => assert.fail("nobody signs in");
  const signIns: SignIns = { begin: never, continue: never, answer: never };
  const attempt = logIn({ database: watched, accounts: accountStore(watched), passwords, signIns, limits });
  const workOf = async (email: string) => {
    work.length = 0;
    await assert.rejects(attempt({ email, password: "wrong" }, home), invalidCredentials.is);
    return [...work];
  };
  const wrongPassword = await workOf(ada.email);
  assert.ok(
    wrongPassword.some((each) => typeof each === "object"),
    "a hash was made",
  );
  assert.deepEqual(await workOf("nobody@example.org"), wrongPassword);
});
