import type { Clock } from "@flotilla/chassis/core/clock";
import { newId } from "@flotilla/chassis/core/id";
import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { userCreated } from "@flotilla/contracts/users";
import { newAccount } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { Passwords } from "./passwords/passwords.ts";
import { userFacts } from "./register-user.ts";
import type { SessionStore } from "./session-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  passwords: Passwords;
  publish: Publish;
  clock: Clock;
};

/**
 * Sees to it that the account with this email is an administrator's and has this password. Where it was not so, the account's
 * sessions end. Several replicas may do it at the same time.
 */
export const ensureAdmin =
  ({ database, accounts, sessions, passwords, publish, clock }: Needs) =>
  async (email: string, password: string): Promise<void> => {
    const known = await accounts.findByEmail(email);
    if (known?.role === "admin" && (await passwords.verify(password, known.passwordHash))) return;
    const passwordHash = await passwords.hash(password);
    const admin = newAccount(newId(), { name: "Administrator", email, passwordHash }, "admin", clock.now());
    await database.transaction(async (tx) => {
      if (!known) {
        // Where another replica was quicker, it did so with the same settings.
        if (await accounts.add(tx, admin)) await publish(tx, userCreated, userFacts(admin));
        return;
      }
      const account = await accounts.findForChange(tx, known.id);
      if (!account) return;
      await accounts.save(tx, { ...account, role: "admin", passwordHash });
      await sessions.endOthers(tx, account.id, undefined, clock.now());
    });
  };
