import type { Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { User as Caller } from "@flotilla/chassis/identity";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Clock, ErasePerson } from "@flotilla/chassis/service";
import { lastAdmin, userDeleted } from "@flotilla/contracts/users";
import { emailKey, isLastAdmin, mayAccess } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { Audit } from "./audit.ts";
import type { PasswordResetStore } from "./password-reset/password-reset-store.ts";
import { currentCaller } from "./sessions/current-caller.ts";
import type { SessionStore } from "./sessions/session-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  resets: Pick<PasswordResetStore, "removeFor">;
  publish: Publish;
  erase: ErasePerson;
  clock: Clock;
  audit: Audit;
};

/**
 * Closes an account: personal data and sessions are gone. Throws `not_found` (also for users that are not the caller's to
 * delete), `last_admin`, and `token_invalid` when the caller's session has ended.
 */
export const deleteUser =
  ({ database, accounts, sessions, resets, publish, erase, clock, audit }: Needs) =>
  async (caller: Caller, id: string): Promise<void> => {
    if (!mayAccess(caller, id)) throw notFound.failure();
    await database.transaction(async (tx) => {
      // First of all, so that two administrators who delete each other wait for one another.
      const adminIds = await accounts.lockAdmins(tx);
      const account = await accounts.findForChange(tx, id);
      const now = await currentCaller(sessions, caller, tx);
      if (!account || !mayAccess(now, id)) throw notFound.failure();
      if (isLastAdmin(account, adminIds)) throw lastAdmin.failure();
      // The account takes its sessions along; that they have ended is told for a while longer.
      await sessions.endOthers(tx, id, undefined, clock.now());
      await accounts.remove(tx, id);
      await resets.removeFor(tx, emailKey(account.email));
      await erase(tx, id);
      await publish(tx, userDeleted, { userId: id, deletedAt: clock.now().toISOString() });
    });
    audit({ action: "close_account", result: "done", userId: id, by: caller.id });
  };
