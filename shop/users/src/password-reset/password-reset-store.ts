import type { Database, Transaction } from "@flotilla/chassis/database";

/** A password reset that was asked for. */
export type RequestedReset = { readonly id: string; readonly emailKey: string; readonly now: Date };

/** A reset whose token was found. */
export type FoundReset = { readonly id: string; readonly accountId: string };

/** Milliseconds for which a reset is good. */
export const RESET_LIFETIME = 30 * 60_000;
/** Resets of one email within {@link RESET_LIFETIME}; nothing follows from more. */
export const MOST_FOR_EMAIL = 3;

/** Password resets in the database: the only place with SQL about them. Those for emails without an account are kept alike. */
export type PasswordResetStore = ReturnType<typeof passwordResetStore>;

export const passwordResetStore = (database: Database) => ({
  /** Notes what was asked for, unless it was too often. */
  async add({ id, emailKey, now }: RequestedReset): Promise<void> {
    await database.query(
      `insert into password_reset (id, email_key, expires_at)
       select $1, $2, $3 where (select count(*) from password_reset where email_key = $2 and expires_at > $4) < ${MOST_FOR_EMAIL}`,
      [id, emailKey, new Date(now.getTime() + RESET_LIFETIME), now],
    );
  },

  /** Takes up to `count` that nobody has looked at, with the ids of their accounts where there are such. */
  async take(tx: Transaction, count: number): Promise<{ id: string; accountId: string | null }[]> {
    return tx.query(
      `update password_reset set account_id = (select account.id from account where account.email_key = password_reset.email_key),
         looked_at = true
       where id in (select id from password_reset where not looked_at order by id limit $1 for update skip locked)
       returning id, account_id as "accountId"`,
      [count],
    );
  },

  /** Adds a token to a reset that is still good; returns where it is to be sent, undefined when there is no such reset. */
  async addToken(id: string, hash: Buffer, now: Date): Promise<{ email: string; expiresAt: Date } | undefined> {
    const [found] = await database.query<{ email: string; expiresAt: Date }>(
      `with good as (
         select password_reset.id, email, expires_at from password_reset join account on account.id = account_id
         where password_reset.id = $1 and expires_at > $3 and account.email_key = password_reset.email_key),
       added as (insert into password_reset_token (hash, reset_id) select $2, id from good)
       select email, expires_at as "expiresAt" from good`,
      [id, hash, now],
    );
    return found;
  },

  async findByToken(hash: Buffer, now: Date): Promise<FoundReset | undefined> {
    const [found] = await database.query<FoundReset>(
      `select id, account_id as "accountId" from password_reset_token join password_reset on id = reset_id
       where hash = $1 and expires_at > $2 and account_id is not null`,
      [hash, now],
    );
    return found;
  },

  /** Removes all resets of an account, which must be locked; returns their ids. */
  async removeOf(tx: Transaction, accountId: string): Promise<string[]> {
    const removed = await tx.query<{ id: string }>("delete from password_reset where account_id = $1 returning id", [
      accountId,
    ]);
    return removed.map(({ id }) => id);
  },

  /** Removes all that were asked for this email, whether or not its account was looked for. */
  async removeFor(tx: Transaction, emailKey: string): Promise<void> {
    await tx.query("delete from password_reset where email_key = $1", [emailKey]);
  },

  /** Removes up to 1,000 that are good no more; returns whether there may be more. */
  async forgetOld(now: Date): Promise<boolean> {
    const removed = await database.query(
      "delete from password_reset where id in (select id from password_reset where expires_at <= $1 limit 1000) returning 1",
      [now],
    );
    return removed.length === 1_000;
  },
});
