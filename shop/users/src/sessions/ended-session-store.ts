import type { Queryable } from "@flotilla/chassis/database";

const PAGE = 1_000;
/** Milliseconds for which an ended session is told of: longer than any access token of it lives. */
const TOLD = 20 * 60_000;

/** Sessions that ended, from where to read on later, and the last of this page when there are more. */
export type EndedSessionsPage = { sessions: string[]; since: string; after: string | null };

/** The sessions that ended lately: the only place that reads and removes them. */
export type EndedSessionStore = ReturnType<typeof endedSessionStore>;

export const endedSessionStore = (database: Queryable) => ({
  /**
   * A page of the sessions that ended lately, without those that a reading which returned `since` has told of already. Some may be
   * told twice, none is left out: `since` names the oldest transaction that was under way. One that this server never gave counts
   * as none.
   */
  async list({ since = "0", after = "" }: { since?: string; after?: string }, now: Date): Promise<EndedSessionsPage> {
    // By way of a number: a text with zeroes before it would be read as an octal one, or be none.
    const [page] = await database.query<{ sessions: string[]; since: string }>(
      `select pg_snapshot_xmin(pg_current_snapshot())::text as since, array(
         select session_id from ended_session
         where ended_at > $3 and session_id > $2 and ended_in >= case
           when $1::bigint::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) then '0'::xid8 else $1::bigint::text::xid8 end
         order by session_id limit ${PAGE}) as sessions`,
      [since, after, new Date(now.getTime() - TOLD)],
    );
    if (!page) throw new Error("the database gave no row");
    return { ...page, after: page.sessions.length === PAGE ? (page.sessions.at(-1) ?? null) : null };
  },

  /** Removes up to 1,000 that are not told of any more; returns whether there may be more. */
  async forgetOld(now: Date): Promise<boolean> {
    const removed = await database.query(
      `delete from ended_session where session_id in (
         select session_id from ended_session where ended_at <= $1 limit 1000) returning 1`,
      [new Date(now.getTime() - TOLD)],
    );
    return removed.length === 1_000;
  },
});
