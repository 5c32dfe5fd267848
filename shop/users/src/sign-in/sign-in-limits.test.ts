import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimited } from "@flotilla/chassis/failure";
import { invalidCredentials } from "@flotilla/contracts/users";
import { accountStore } from "../account-store.ts";
import { createPasswords, deriveOffLoop } from "../passwords/passwords.ts";
import { sessionStore } from "../sessions/session-store.ts";
import { ada, usersUnderTest } from "../users-under-test.ts";
import { logIn } from "./log-in.ts";
import type { SignIns } from "./sign-in.ts";
import { signInFailureStore } from "./sign-in-failure-store.ts";
import { MOST_FAILURES, signInLimits, WINDOW } from "./sign-in-limits.ts";

const { accountAtNetwork, network, account } = MOST_FAILURES;
const audit = () => {};
const home = "192.0.2.1";
const elsewhere = "198.51.100.7";

/** The limits on a real database, so that a thousand failures cost no thousand hashes. */
async function limitsUnderTest(t: Parameters<typeof usersUnderTest>[0]) {
  const users = await usersUnderTest(t);
  const { database, clock } = users;
  const limits = signInLimits({ store: signInFailureStore(database), sessions: sessionStore(database), clock, audit });
  const fail = async (count: number, email: string, network: string) => {
    for (let n = 0; n < count; n += 1) await limits.failed({ email, network });
  };
  return { ...users, limits, fail };
}

test("after too many failures an account takes no more from that network for a while, not even what is right", async (t) => {
  const { register, login, fail, clock } = await limitsUnderTest(t);
  await register();
  await fail(accountAtNetwork - 1, ada.email, home);
  await assert.rejects(login({ password: "wrong" }), invalidCredentials.is);
  const refused = (error: unknown) => rateLimited.is(error) && error.retryAfter === WINDOW / 1_000;
  await assert.rejects(login({ password: "wrong" }), refused);
  await assert.rejects(login({ email: ada.email.toUpperCase() }), refused);
  await login({}, elsewhere);
  await clock.advance(WINDOW);
  await login();
});

test("an account that is not there is limited in the same way", async (t) => {
  const { login, fail } = await limitsUnderTest(t);
  await fail(accountAtNetwork - 1, ada.email, home);
  await assert.rejects(login(), invalidCredentials.is);
  await assert.rejects(login(), (error) => rateLimited.is(error) && error.retryAfter === WINDOW / 1_000);
});

test("signing in makes the account's failures at that network undone, and what is right never counts", async (t) => {
  const { register, login, fail } = await limitsUnderTest(t);
  await register();
  for (let round = 0; round < 2; round += 1) {
    await fail(accountAtNetwork - 1, ada.email, home);
    for (let n = 0; n < 2; n += 1) await login();
  }
});

test("of many wrong tries at once hardly more are made than may be", async (t) => {
  const { login, fail } = await limitsUnderTest(t);
  await fail(accountAtNetwork - 5, ada.email, home);
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => login()));
  const made = tries.filter((each) => each.status === "rejected" && invalidCredentials.is(each.reason)).length;
  assert.ok(made >= 5 && made <= 6, String(made));
});

test("a network has its own limit, whatever accounts the failures are about", async (t) => {
  const { limits, fail } = await limitsUnderTest(t);
  for (let n = 0; n < network; n += 1) await fail(1, `${n % 50}@example.org`, home);
  await assert.rejects(limits.check({ email: "another@example.org", network: home }), rateLimited.is);
  await limits.check({ email: "another@example.org", network: elsewhere });
});

test("failures all over the world keep strangers out of an account, and not its owner where they were before", async (t) => {
  const { limits, fail, register, clock } = await limitsUnderTest(t);
  await register();
  for (let n = 0; n < account; n += 1) await fail(1, ada.email, `203.0.113.${n % 50}`);
  await assert.rejects(limits.check({ email: ada.email, network: elsewhere }), rateLimited.is);
  await limits.check({ email: ada.email, network: home });
  for (let n = 0; n < account; n += 1) await fail(1, "nobody@example.org", `203.0.113.${n % 50}`);
  await assert.rejects(limits.check({ email: "nobody@example.org", network: elsewhere }), rateLimited.is);
  await clock.advance(WINDOW);
  await limits.check({ email: ada.email, network: elsewhere });
});

test("a window ends when it said it would, and failures in it don't make it longer", async (t) => {
  const { limits, fail, clock } = await limitsUnderTest(t);
  await fail(1, ada.email, home);
  await clock.advance(WINDOW - 60_000);
  await fail(accountAtNetwork - 1, ada.email, home);
  await assert.rejects(
    limits.check({ email: ada.email, network: home }),
    (error) => rateLimited.is(error) && error.retryAfter === 60,
  );
  await clock.advance(60_000);
  await limits.check({ email: ada.email, network: home });
});

test("failures that count no more are removed, and neither emails nor addresses are kept", async (t) => {
  const { fail, clock, database } = await limitsUnderTest(t);
  await fail(1, ada.email, home);
  const rows = await database.query("select failed_sign_in::text as text from failed_sign_in");
  assert.doesNotMatch(JSON.stringify(rows), /ada|192\.0/);
  await clock.advance(WINDOW);
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
  const limits = signInLimits({ store: signInFailureStore(watched), sessions: sessionStore(watched), clock, audit });
  const never = () => assert.fail("nobody signs in");
  const signIns: SignIns = { begin: never, continue: never, answer: never };
  const attempt = logIn({ database: watched, accounts: accountStore(watched), passwords, signIns, limits, audit });
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
