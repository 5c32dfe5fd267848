import type { Queryable } from "../../database/database.ts";

/** Whether a type of event is consumed here: by an instance that runs, no longer, or never. */
export type Consumption = "live" | "ended" | "unknown";

/** Says what an instance handles, for as many seconds from now. */
export async function registerInstance(
  database: Queryable,
  { id, types, seconds }: { id: string; types: readonly string[]; seconds: number },
): Promise<void> {
  await database.query(
    `insert into consumer_instance (id, types, until) values ($1, $2, now() + $3 * interval '1 s')
     on conflict (id) do update set types = excluded.types, until = excluded.until`,
    [id, types, seconds],
  );
  await database.query(
    `insert into consumed_event (type) select unnest($1::text[])
     on conflict (type) do update set withdrawn_at = null where consumed_event.withdrawn_at is not null`,
    [types],
  );
}

/** Takes an instance off, and those whose time is over. */
export const removeInstance = (database: Queryable, id: string): Promise<unknown> =>
  database.query("delete from consumer_instance where id = $1 or until < now()", [id]);

/** The types that were consumed and are not withdrawn, each with whether an instance that runs still handles it; `own` are left out. */
export const otherTypes = (database: Queryable, own: readonly string[]): Promise<{ type: string; live: boolean }[]> =>
  database.query(
    `select type, exists (select from consumer_instance i where i.until > now() and e.type = any (i.types)) as live
     from consumed_event e where withdrawn_at is null and type <> all ($1::text[]) order by type`,
    [own],
  );

/** One instance after the other decides what is withdrawn, and says what it handles. */
export const lockInstances = (database: Queryable): Promise<unknown> =>
  database.query("select pg_advisory_xact_lock(7305195)");

export const markWithdrawn = (database: Queryable, types: readonly string[]): Promise<unknown> =>
  database.query("update consumed_event set withdrawn_at = now() where type = any ($1::text[])", [types]);

export async function consumptionOf(database: Queryable, type: string): Promise<Consumption> {
  const [row] = await database.query<{ live: boolean }>(
    `select exists (select from consumer_instance i where i.until > now() and e.type = any (i.types)) as live
     from consumed_event e where type = $1`,
    [type],
  );
  if (!row) return "unknown";
  return row.live ? "live" : "ended";
}
