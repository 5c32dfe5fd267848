import type { BodyOf } from "@flotilla/chassis/contract";
import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { type Clock, newId } from "@flotilla/chassis/service";
import { emailTaken, type SignedIn, userCreated } from "@flotilla/contracts/users";
import { type Account, emailKey, newAccount } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { Audit } from "./audit.ts";
import type { Passwords } from "./passwords/passwords.ts";
import type { SignIns } from "./sign-in/sign-in.ts";
import type { SignInLimits } from "./sign-in/sign-in-limits.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  passwords: Passwords;
  signIns: SignIns;
  publish: Publish;
  clock: Clock;
  limits: SignInLimits;
  audit: Audit;
};

/** Opens an account and signs in. Throws `email_taken`, which counts as a failed sign-in, and `rate_limited` when that happened too often. */
export const registerUser =
  ({ database, accounts, passwords, signIns, publish, clock, limits, audit }: Needs) =>
  async (
    given: { name: string; email: string; password: string },
    network: string,
    signal?: AbortSignal,
  ): Promise<SignedIn> => {
    const { name, email, password } = given;
    const attempt = { email, network, action: "register" } as const;
    // All that costs little comes before the hash.
    const unhashed = newAccount(newId(), { name, email, passwordHash: "" }, "customer", clock.now());
    await limits.check(attempt);
    if (await accounts.findByEmail(email)) {
      await limits.failed(attempt);
      audit({ action: "register", result: "refused", what: emailTaken.code, network });
      throw emailTaken.failure();
    }
    const by = { network, subject: emailKey(email) };
    const account = { ...unhashed, passwordHash: await passwords.inTurn(by, ({ hash }) => hash(password), signal) };
    const issued = await database.transaction(async (tx) => {
      if (!(await accounts.add(tx, account))) throw emailTaken.failure();
      await publish(tx, userCreated, userFacts(account));
      return signIns.begin(tx, account, network);
    });
    audit({ action: "register", result: "done", userId: account.id, session: issued.sessionId, network });
    return signIns.answer(account, issued);
  };

/** What the event tells of a new user. */
export const userFacts = ({ id, name, email, createdAt }: Account): BodyOf<typeof userCreated> => ({
  userId: id,
  name,
  email,
  createdAt,
});
