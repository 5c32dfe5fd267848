import type { Database, Transaction } from "@flotilla/chassis/database";

const DAY = 24 * 60 * 60_000;

/** Milliseconds for which records are kept. */
export const RECORDS_KEPT = 90 * DAY;

/** Sessions of an account whose beginnings are kept. */
export const MOST_BEGINNINGS = 200;

/** What is written down when a session begins. */
export type Beginning = {
  readonly id: string;
  readonly accountId: string;
  readonly sessionId: string;
  readonly network: Buffer;
};

/** A session that began, or what was refused in an hour. */
export type SignInRow = {
  readonly id: string;
  readonly action: string;
  readonly at: Date;
  readonly network: Buffer;
  readonly sessionId: string | null;
  /** How often it was refused; 0 for a session that began. */
  readonly refused: number;
};

/** The audit of sign-ins; what is refused is written down by the store of failed sign-ins, in its own statement. */
export type SignInRecordStore = ReturnType<typeof signInRecordStore>;

export const signInRecordStore = (database: Database) => ({
  /** Writes down that a session began; of an account's beginnings the newest {@link MOST_BEGINNINGS} stay. */
  async began(tx: Transaction, { id, accountId, sessionId, network }: Beginning, now: Date): Promise<void> {
    await tx.query(
      `with oldest as (
         delete from sign_in_record where id in (
           select id from sign_in_record where account_id = $2 and session_id is not null order by id desc offset ${MOST_BEGINNINGS - 1}))
       insert into sign_in_record (id, account_id, action, session_id, network, at) values ($1, $2, 'sign_in', $3, $4, $5)`,
      [id, accountId, sessionId, network, now],
    );
  },

  /** Those of an account, newest first, those before `cursor`. */
  list: (accountId: string, cursor: string | undefined, limit: number): Promise<SignInRow[]> =>
    database.query<SignInRow>(
      `select id, action, at, network, session_id as "sessionId", refused from sign_in_record
       where account_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [accountId, cursor ?? null, limit],
    ),

  /** Removes up to 1,000 that are older than {@link RECORDS_KEPT}; returns whether there may be more. */
  async forgetOld(now: Date): Promise<boolean> {
    const removed = await database.query(
      "delete from sign_in_record where id in (select id from sign_in_record where at <= $1 limit 1000) returning 1",
      [new Date(now.getTime() - RECORDS_KEPT)],
    );
    return removed.length === 1_000;
  },
});
