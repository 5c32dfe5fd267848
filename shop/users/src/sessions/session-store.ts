import type { Database, Transaction } from "@flotilla/chassis/database";
import type { Account } from "../account.ts";
import type { StoredToken } from "./refresh-token.ts";

/** What a session and its newest refresh token are stored with. */
export type TokenRecord = { sessionId: string; hash: Buffer; expiresAt: Date };

/** A session that goes on. */
export type StoredSession = { readonly id: string; readonly createdAt: Date; readonly expiresAt: Date };

/** A token as it was found, and whose it is. */
export type FoundToken = StoredToken & { readonly accountId: string };

/** The sessions and refresh tokens in the database: the only place with SQL about them. */
export type SessionStore = ReturnType<typeof sessionStore>;

export const sessionStore = (database: Database) => ({ ...lives, ...looks(database), ...ends(database) });

/** How sessions begin and go on. */
const lives = {
  /** Begins a session with its first refresh token. */
  async open(
    tx: Transaction,
    { accountId, network }: { accountId: string; network: Buffer },
    token: TokenRecord,
    now: Date,
  ): Promise<void> {
    await tx.query(
      "insert into session (id, account_id, network, created_at, expires_at) values ($1, $2, $3, $4, $5)",
      [token.sessionId, accountId, network, now, token.expiresAt],
    );
    await insertToken(tx, token);
  },

  /** The token with this hash. Its session is locked until the transaction ends, so uses of one family wait for each other. */
  async findToken(tx: Transaction, hash: Buffer): Promise<FoundToken | undefined> {
    const [locked] = await tx.query<{ id: string }>(
      "select id from session where id = (select session_id from refresh_token where hash = $1) for update",
      [hash],
    );
    // A second statement: it sees what the one before waited for.
    const [token] = await tx.query<FoundToken>(
      `select session_id as "sessionId", account_id as "accountId", refresh_token.expires_at as "expiresAt",
         used_at as "usedAt", ended_at as "sessionEndedAt"
       from refresh_token join session on session.id = session_id where hash = $1`,
      [hash],
    );
    // What it waited for may have been a new session in the place of the one that is locked.
    return token && token.sessionId !== locked?.id ? this.findToken(tx, hash) : token;
  },

  /** Marks a token as used and adds the one that follows it. */
  async rotate(tx: Transaction, usedHash: Buffer, next: TokenRecord, now: Date): Promise<void> {
    await tx.query("update refresh_token set used_at = $2 where hash = $1", [usedHash, now]);
    await tx.query("update session set expires_at = $2 where id = $1", [next.sessionId, next.expiresAt]);
    await insertToken(tx, next);
  },

  /**
   * Puts a session with the id `next` in the place of one of the account: its refresh tokens stay good, the old id stays for
   * {@link endOthers}. Does nothing when it is not a session of the account, or has ended.
   */
  async renew(tx: Transaction, session: { id: string; accountId: string }, next: string): Promise<void> {
    const renewed = await tx.query(
      `insert into session (id, account_id, network, created_at, expires_at)
       select $3, account_id, network, created_at, expires_at from session
       where id = $1 and account_id = $2 and ended_at is null for update returning 1`,
      [session.id, session.accountId, next],
    );
    if (renewed.length === 0) return;
    await tx.query("update refresh_token set session_id = $2 where session_id = $1", [session.id, next]);
  },
};

/** What can be told of sessions. */
const looks = (database: Database) => ({
  /** The role of the account that has this session, while it goes on; in a transaction both stay so until it ends. */
  async findRole(session: { id: string; accountId: string }, tx?: Transaction): Promise<Account["role"] | undefined> {
    const [found] = await (tx ?? database).query<Pick<Account, "role">>(
      `select role from session join account on account.id = account_id
       where session.id = $1 and account_id = $2 and ended_at is null${tx ? " for share of session" : ""}`,
      [session.id, session.accountId],
    );
    return found?.role;
  },

  /** The sessions of an account that go on, oldest first, those after `cursor`. */
  async list(accountId: string, cursor: string | undefined, now: Date, limit: number): Promise<StoredSession[]> {
    return database.query<StoredSession>(
      `select id, created_at as "createdAt", expires_at as "expiresAt" from session
       where account_id = $1 and ended_at is null and expires_at > $2 and id collate "C" > $3
       order by id collate "C" limit $4`,
      [accountId, now, cursor ?? "", limit],
    );
  },

  /** Whether a session of the account with this email key began at this network, as far as sessions are remembered. */
  async beganAt(emailKey: string, network: Buffer): Promise<boolean> {
    const found = await database.query(
      `select 1 from session join account on account.id = account_id where email_key = $1 and network = $2 limit 1`,
      [emailKey, network],
    );
    return found.length === 1;
  },
});

/** The ways sessions end; that they did is told by the ended sessions' store. */
const ends = (database: Database) => ({
  /**
   * Ends a session of the account: none of its refresh tokens is good any more, and its access tokens are not for long. Returns whether it went
   * on until now.
   */
  async end(
    session: { id: string; accountId: string },
    now: Date,
    tx: Transaction | Database = database,
  ): Promise<boolean> {
    const ended = await tx.query(
      `with ended as (
         update session set ended_at = $3 where id = $1 and account_id = $2 and ended_at is null returning id)
       insert into ended_session (session_id, ended_at) select id, $3 from ended returning 1`,
      [session.id, session.accountId, now],
    );
    return ended.length === 1;
  },

  /** Ends all sessions of the account but `kept`. */
  async endOthers(tx: Transaction, accountId: string, kept: string | undefined, now: Date): Promise<void> {
    await tx.query(
      `with ended as (
         update session set ended_at = $3
         where account_id = $1 and id is distinct from $2 and ended_at is null returning id)
       insert into ended_session (session_id, ended_at) select id, $3 from ended`,
      [accountId, kept, now],
    );
  },

  /** Removes up to 1,000 sessions whose refresh tokens have all expired; returns whether there may be more. */
  async forgetExpired(now: Date): Promise<boolean> {
    const removed = await database.query(
      "delete from session where id in (select id from session where expires_at <= $1 limit 1000) returning 1",
      [now],
    );
    return removed.length === 1_000;
  },
});

async function insertToken(tx: Transaction, { hash, sessionId, expiresAt }: TokenRecord): Promise<void> {
  await tx.query("insert into refresh_token (hash, session_id, expires_at) values ($1, $2, $3)", [
    hash,
    sessionId,
    expiresAt,
  ]);
}
