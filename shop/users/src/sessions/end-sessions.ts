import type { Database, Transaction } from "@flotilla/chassis/database";
import { notFound, tokenInvalid } from "@flotilla/chassis/failure";
import type { User as Caller } from "@flotilla/chassis/identity";
import type { Clock } from "@flotilla/chassis/service";
import type { AccountStore } from "../account-store.ts";
import type { Audit } from "../audit.ts";
import { currentCaller } from "./current-caller.ts";
import type { SessionStore } from "./session-store.ts";

type Needs = { database: Database; accounts: AccountStore; sessions: SessionStore; clock: Clock; audit: Audit };

/** The ways in which users end sessions of theirs. Each throws `token_invalid` when the session that asks has ended. */
export const endSessions = ({ database, accounts, sessions, clock, audit }: Needs) => {
  /** One at a time for an account: two of its sessions that end each other would wait for one another. */
  const alone = (caller: Caller, work: (tx: Transaction) => Promise<void>): Promise<void> =>
    database.transaction(async (tx) => {
      await accounts.findForChange(tx, caller.id);
      await currentCaller(sessions, caller, tx);
      await work(tx);
    });

  return {
    /** Ends the caller's own session. */
    async current({ id, session }: Caller): Promise<void> {
      if (!(await sessions.end({ id: session, accountId: id }, clock.now()))) throw tokenInvalid.failure();
      audit({ action: "sign_out", result: "done", userId: id, session });
    },
    /** Ends another one of the caller's. Throws `not_found` when it is none of them, or has ended. */
    async one(caller: Caller, session: string): Promise<void> {
      await alone(caller, async (tx) => {
        if (!(await sessions.end({ id: session, accountId: caller.id }, clock.now(), tx))) throw notFound.failure();
      });
      audit({ action: "end_session", result: "done", userId: caller.id, session });
    },
    /** Ends all of the caller's, the one that asks as well. */
    async all(caller: Caller): Promise<void> {
      await alone(caller, (tx) => sessions.endOthers(tx, caller.id, undefined, clock.now()));
      audit({ action: "end_all_sessions", result: "done", userId: caller.id });
    },
  };
};
