import type { BodyOf } from "@flotilla/chassis/contract/event";
import type { Clock } from "@flotilla/chassis/core/clock";
import { newId } from "@flotilla/chassis/core/id";
import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { emailTaken, type SignedIn, userCreated } from "@flotilla/contracts/users";
import { type Account, newAccount } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { Passwords } from "./passwords/passwords.ts";
import type { SignIns } from "./sign-in.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  passwords: Passwords;
  signIns: SignIns;
  publish: Publish;
  clock: Clock;
};

/** Opens an account and signs in. Throws `email_taken`. */
export const registerUser =
  ({ database, accounts, passwords, signIns, publish, clock }: Needs) =>
  async (
    given: { name: string; email: string; password: string },
    network: string,
    signal?: AbortSignal,
  ): Promise<SignedIn> => {
    const { name, email, password } = given;
    const passwordHash = await passwords.hash(password, signal);
    const account = newAccount(newId(), { name, email, passwordHash }, "customer", clock.now());
    const issued = await database.transaction(async (tx) => {
      if (!(await accounts.add(tx, account))) throw emailTaken.failure();
      await publish(tx, userCreated, userFacts(account));
      return signIns.begin(tx, account, network);
    });
    return signIns.answer(account, issued);
  };

/** What the event tells of a new user. */
export const userFacts = ({ id, name, email, createdAt }: Account): BodyOf<typeof userCreated> => ({
  userId: id,
  name,
  email,
  createdAt,
});
