import type { Transaction } from "@flotilla/chassis/database";
import { ACCESS_TOKEN_SECONDS, type SignAccessToken } from "@flotilla/chassis/identity";
import { type Clock, newId } from "@flotilla/chassis/service";
import type { SignedIn } from "@flotilla/contracts/users";
import { type Account, shownUser } from "../account.ts";
import { hashOf, newRefreshToken, refreshExpiry } from "../sessions/refresh-token.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import { networkHash } from "./sign-in-limits.ts";
import type { SignInRecordStore } from "./sign-in-record-store.ts";

/** A refresh token for its owner, and the session it belongs to. */
export type IssuedToken = { readonly sessionId: string; readonly refreshToken: string };

export type SignIns = {
  /** Begins a session of the account at a network. */
  begin(tx: Transaction, account: Account, network: string): Promise<IssuedToken>;
  /** Puts a new refresh token in the place of one that is good. */
  continue(tx: Transaction, sessionId: string, used: Buffer): Promise<IssuedToken>;
  /** What the owner gets: the user and both tokens. */
  answer(account: Account, issued: IssuedToken): Promise<SignedIn>;
};

/** Hands out sessions and tokens to those who have shown who they are. */
export function signIns(needs: {
  sessions: SessionStore;
  records: SignInRecordStore;
  sign: SignAccessToken;
  clock: Clock;
}): SignIns {
  const { sessions, records, sign, clock } = needs;

  function issue(sessionId: string, now: Date) {
    const refreshToken = newRefreshToken();
    return { refreshToken, record: { sessionId, hash: hashOf(refreshToken), expiresAt: refreshExpiry(now) } };
  }

  return {
    async begin(tx, account, network) {
      const now = clock.now();
      const sessionId = newId();
      const { refreshToken, record } = issue(sessionId, now);
      const at = { accountId: account.id, network: networkHash(network) };
      await sessions.open(tx, at, record, now);
      await records.began(tx, { ...at, id: newId(), sessionId }, now);
      return { sessionId, refreshToken };
    },
    async continue(tx, sessionId, used) {
      const now = clock.now();
      const { refreshToken, record } = issue(sessionId, now);
      await sessions.rotate(tx, used, record, now);
      return { sessionId, refreshToken };
    },
    async answer(account, { sessionId, refreshToken }) {
      const { id, name, role } = account;
      const accessToken = await sign({ id, name, role, session: sessionId });
      return { user: shownUser(account), accessToken, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS };
    },
  };
}
