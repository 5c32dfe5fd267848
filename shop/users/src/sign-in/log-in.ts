import type { Database } from "@flotilla/chassis/database";
import { invalidCredentials, type SignedIn } from "@flotilla/contracts/users";
import { emailKey } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import type { Audit } from "../audit.ts";
import type { Passwords } from "../passwords/passwords.ts";
import type { SignIns } from "./sign-in.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  passwords: Passwords;
  signIns: SignIns;
  limits: SignInLimits;
  audit: Audit;
};
type Given = { email: string; password: string };

/**
 * Signs in. Throws `invalid_credentials`, with the same answer after the same work whether or not the email is known, and
 * `rate_limited` when that happened too often.
 */
export const logIn =
  ({ database, accounts, passwords, signIns, limits, audit }: Needs) =>
  async ({ email, password }: Given, network: string, signal?: AbortSignal): Promise<SignedIn> => {
    const attempt = { email, network };
    await limits.check(attempt);
    const found = await accounts.findByEmail(email);
    const right = await passwords.inTurn(
      { network, subject: emailKey(email) },
      async ({ verify }) => {
        // Many may have waited together; those before this one count.
        await limits.check(attempt);
        const isRight = await verify(password, found?.passwordHash);
        if (!isRight) await limits.failed(attempt);
        return isRight;
      },
      signal,
    );
    if (!found || !right) {
      audit({ action: "sign_in", result: "refused", what: invalidCredentials.code, userId: found?.id, network });
      throw invalidCredentials.failure();
    }
    const [account, issued] = await database.transaction(async (tx) => {
      // The password may have been changed while it was verified: then the old one must not begin a session.
      const unchanged = await accounts.findUnchanged(tx, found);
      if (!unchanged) throw invalidCredentials.failure();
      await limits.succeeded(tx, attempt);
      return [unchanged, await signIns.begin(tx, unchanged, network)] as const;
    });
    audit({ action: "sign_in", result: "done", userId: account.id, session: issued.sessionId, network });
    return signIns.answer(account, issued);
  };
