import type { Database, Transaction } from "@flotilla/chassis/database";
import type { Clock } from "@flotilla/chassis/service";
import { refreshTokenInvalid, refreshTokenReused, type SignedIn } from "@flotilla/contracts/users";
import type { Account } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import type { Audit } from "../audit.ts";
import type { IssuedToken, SignIns } from "../sign-in/sign-in.ts";
import { hashOf, judgeRefresh } from "./refresh-token.ts";
import type { SessionStore } from "./session-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  signIns: SignIns;
  clock: Clock;
  audit: Audit;
};

type Outcome =
  | { reused: { accountId: string; sessionId: string } }
  | "invalid"
  | { account: Account; issued: IssuedToken };

/**
 * Trades a refresh token for a new pair of tokens. Throws `refresh_token_invalid`, or `refresh_token_reused` when it was used
 * before: either the owner or a thief holds a newer one, so the whole session ends.
 */
export const refreshSession =
  ({ database, accounts, sessions, signIns, clock, audit }: Needs) =>
  async (refreshToken: string): Promise<SignedIn> => {
    const hash = hashOf(refreshToken);

    async function trade(tx: Transaction): Promise<Outcome> {
      const now = clock.now();
      const token = await sessions.findToken(tx, hash);
      const verdict = judgeRefresh(token, now);
      if (!token || verdict === "invalid") return "invalid";
      if (verdict === "reused") {
        await sessions.end({ id: token.sessionId, accountId: token.accountId }, now, tx);
        return { reused: token };
      }
      const account = await accounts.find(token.accountId, tx);
      if (!account) return "invalid";
      return { account, issued: await signIns.continue(tx, token.sessionId, hash) };
    }

    // The refusals are thrown only here: thrown inside, they would take back the end of the session.
    const outcome = await database.transaction(trade);
    if (outcome === "invalid") throw refreshTokenInvalid.failure();
    if ("reused" in outcome) {
      const { accountId: userId, sessionId: session } = outcome.reused;
      audit({ action: "refresh", result: "refused", what: refreshTokenReused.code, userId, session });
      throw refreshTokenReused.failure();
    }
    return signIns.answer(outcome.account, outcome.issued);
  };
