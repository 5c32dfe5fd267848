import type { Queryable, Transaction } from "@flotilla/chassis/database";
import { newId } from "@flotilla/chassis/service";

/** Failures that count together, and until when they do. */
export type FailureCount = { readonly failures: number; readonly until: Date };

/** What is written down of a refusal; all of an hour share a record. */
export type Refusal = { readonly emailKey: string; readonly action: string; readonly network: Buffer };

/** Failed sign-ins in the database: the only place with SQL about them. Subjects are hashes. */
export type SignInFailureStore = ReturnType<typeof signInFailureStore>;

export const signInFailureStore = (database: Queryable) => ({
  /** What counts at `now`, in the order of `subjects`; undefined where nothing does. */
  async counts(subjects: readonly Buffer[], now: Date): Promise<(FailureCount | undefined)[]> {
    const rows = await database.query<FailureCount & { subject: Buffer }>(
      "select subject, failures, until from failed_sign_in where subject = any ($1) and until > $2",
      [subjects, now],
    );
    return subjects.map((subject) => rows.find((row) => row.subject.equals(subject)));
  },

  /**
   * Counts one more failure for each; those that counted until `now` begin anew. With `record` it is in the audit of the account with this
   * email key too, if there is one: in the same statement, so that both take as long.
   */
  async add(subjects: readonly Buffer[], now: Date, until: Date, record?: Refusal): Promise<void> {
    // In one order everywhere, so that two who count at once don't wait for each other.
    await database.query(
      `with recorded as (
         insert into sign_in_record (id, account_id, action, at, network, refused, refused_hour)
         select $4::text, id, $6::text, $2::timestamptz, $7::bytea, 1, date_trunc('hour', $2::timestamptz) from account where email_key = $5
         on conflict (account_id, refused_hour, action) do update set
           refused = sign_in_record.refused + 1, at = excluded.at, network = excluded.network)
       insert into failed_sign_in (subject, failures, until)
       select subject, 1, $3 from unnest($1::bytea[]) as subject order by subject
       on conflict (subject) do update set
         failures = case when failed_sign_in.until > $2 then failed_sign_in.failures + 1 else 1 end,
         until = case when failed_sign_in.until > $2 then failed_sign_in.until else excluded.until end`,
      [subjects, now, until, newId(), record?.emailKey ?? null, record?.action ?? null, record?.network ?? null],
    );
  },

  async forget(tx: Transaction, subject: Buffer): Promise<void> {
    await tx.query("delete from failed_sign_in where subject = $1", [subject]);
  },

  /** Removes up to 1,000 that count no more; returns whether there may be more. */
  async forgetOld(now: Date): Promise<boolean> {
    const removed = await database.query(
      `delete from failed_sign_in where subject in (
         select subject from failed_sign_in where until <= $1 limit 1000) returning 1`,
      [now],
    );
    return removed.length === 1_000;
  },
});
