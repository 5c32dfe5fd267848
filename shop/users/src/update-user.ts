import type { Clock } from "@flotilla/chassis/core/clock";
import { notFound } from "@flotilla/chassis/core/failure";
import { newId } from "@flotilla/chassis/core/id";
import type { Database, Transaction } from "@flotilla/chassis/database";
import type { User as Caller } from "@flotilla/chassis/identity/caller";
import { emailTaken, type User } from "@flotilla/contracts/users";
import { type Account, changeAccount, endsSessions, hasNewPassword, mayAccess, shownUser } from "./account.ts";
import { type AccountStore, isEmailTaken } from "./account-store.ts";
import type { Passwords } from "./passwords/passwords.ts";
import type { SessionStore } from "./session-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  passwords: Passwords;
  clock: Clock;
};

type UserChange = { name?: string; email?: string; password?: string };

/**
 * Changes a user; what is left out stays. A new email or password ends the user's other sessions, a new password also all access
 * tokens: the session that changed it goes on with its refresh token. Throws `not_found` (also for users that are not the caller's
 * to change) and `email_taken`.
 */
export const updateUser =
  ({ database, accounts, sessions, passwords, clock }: Needs) =>
  async (caller: Caller, id: string, { password, ...change }: UserChange, signal?: AbortSignal): Promise<User> => {
    async function endOthers(tx: Transaction, before: Account, after: Account): Promise<void> {
      if (!endsSessions(before, after)) return;
      const next = hasNewPassword(before, after) ? newId() : caller.session;
      if (next !== caller.session) await sessions.renew(tx, { id: caller.session, accountId: id }, next);
      await sessions.endOthers(tx, id, next, clock.now());
    }

    if (!mayAccess(caller, id)) throw notFound.failure();
    const hashed = password === undefined ? {} : { passwordHash: await passwords.hash(password, signal) };
    const changed = database.transaction(async (tx) => {
      const before = await accounts.findForChange(tx, id);
      if (!before) throw notFound.failure();
      const after = changeAccount(before, { ...change, ...hashed });
      await accounts.save(tx, after);
      await endOthers(tx, before, after);
      return shownUser(after);
    });
    return changed.catch((error: unknown) => {
      throw isEmailTaken(error) ? emailTaken.failure({ cause: error }) : error;
    });
  };
