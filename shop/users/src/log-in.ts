import type { Database } from "@flotilla/chassis/database";
import { invalidCredentials, type SignedIn } from "@flotilla/contracts/users";
import type { AccountStore } from "./account-store.ts";
import type { Passwords } from "./passwords/passwords.ts";
import type { SignIns } from "./sign-in.ts";

type Needs = { database: Database; accounts: AccountStore; passwords: Passwords; signIns: SignIns };

/** Signs in. Throws `invalid_credentials`, with the same answer after the same time whether or not the email is known. */
export const logIn =
  ({ database, accounts, passwords, signIns }: Needs) =>
  async (given: { email: string; password: string }, signal?: AbortSignal): Promise<SignedIn> => {
    const found = await accounts.findByEmail(given.email);
    const right = await passwords.verify(given.password, found?.passwordHash, signal);
    if (!found || !right) throw invalidCredentials.failure();
    const [account, issued] = await database.transaction(async (tx) => {
      // The password may have been changed while it was verified: then the old one must not begin a session.
      const unchanged = await accounts.findUnchanged(tx, found);
      if (!unchanged) throw invalidCredentials.failure();
      return [unchanged, await signIns.begin(tx, unchanged)] as const;
    });
    return signIns.answer(account, issued);
  };
