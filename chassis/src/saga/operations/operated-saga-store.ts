import type { Queryable } from "../../database/database.ts";
import type { HistoryEntry, SagaInstance, SagaStatus } from "../store/saga-instance.ts";
import { INSTANCE, instanceOf, type SagaRow } from "../store/saga-row.ts";

/** An instance as its operators see it. */
export type OperatedSaga = {
  readonly instance: SagaInstance;
  /** What it was doing when it was parked. */
  readonly parkedFrom: "running" | "compensating" | null;
  readonly owner: string | null;
  readonly dueAt: string | null;
  /** Whether that time has come, on the database's clock. */
  readonly isDue: boolean;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
  readonly history: readonly (HistoryEntry & { readonly at: string })[];
};

type Row = SagaRow & {
  parked_from: "running" | "compensating" | null;
  owner: string | null;
  due_at: Date | null;
  is_due: boolean | null;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
  history: (HistoryEntry & { at: string })[];
};

const COLUMNS = `${INSTANCE}, parked_from, owner, due_at, due_at <= clock_timestamp() as is_due, created_at, updated_at,
  ended_at`;

/** The instance of that id; with `lock` nobody else changes it until the transaction ends. */
export async function findSaga(tx: Queryable, id: string, lock: "lock" | "read"): Promise<OperatedSaga | undefined> {
  if (!UUID.test(id)) return undefined;
  const [row] = await tx.query<Row>(
    `select ${COLUMNS}, history from saga where id = $1 ${lock === "lock" ? "for update" : ""}`,
    [id],
  );
  return row && operated(row);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** All that is under way, by the indexes that hold it: that of what is due, and that of what is not, but should be. */
const UNDER_WAY = "(due_at is not null or due_at is null and status in ('running', 'compensating'))";

// A status in the text of the statement lets the planner use the index that holds only the sagas of that status.
const conditions: Record<SagaStatus | "any", string> = {
  any: "true",
  running: `status = 'running' and ${UNDER_WAY}`,
  compensating: `status = 'compensating' and ${UNDER_WAY}`,
  parked: "status = 'parked'",
  done: "status = 'done'",
  failed: "status = 'failed'",
};

/** Instances newest first, behind `cursor`, without their history. One more than `limit`. */
export async function listSagaRows(
  database: Queryable,
  list: { name: string | undefined; status: SagaStatus | undefined; cursor: string | undefined; limit: number },
): Promise<OperatedSaga[]> {
  const cursor = list.cursor && UUID.test(list.cursor) ? list.cursor : null;
  const rows = await database.query<Row>(
    `select ${COLUMNS}, '{}'::jsonb[] as history from saga
     where ${conditions[list.status ?? "any"]} and ($1::text is null or name = $1) and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [list.name ?? null, cursor, list.limit + 1],
  );
  return rows.map(operated);
}

/** Unfinished instances, oldest first, behind `cursor`. */
export async function listUnfinished(
  tx: Queryable,
  cursor: string | undefined,
  limit: number,
): Promise<OperatedSaga[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS}, history from saga
     where (${UNDER_WAY} or status = 'parked') and ($1::uuid is null or id > $1) order by id limit $2`,
    [cursor && UUID.test(cursor) ? cursor : null, limit],
  );
  return rows.map(operated);
}

/**
 * Looks at the next `limit` instances from `cursor` on that began more than `days` ago, and removes those that ended so long ago;
 * returns where to go on, undefined at the end.
 */
export async function removeEnded(
  database: Queryable,
  { cursor, days, limit }: { cursor: string | undefined; days: number; limit: number },
): Promise<string | undefined> {
  const [row] = await database.query<{ last: string | null; seen: number }>(REMOVE, [cursor ?? null, days, limit]);
  return row?.seen === limit ? (row.last ?? undefined) : undefined;
}

// Ids begin with the milliseconds of their making (UUID version 7).
const REMOVE = `
  with border as (
    select lpad(to_hex((extract(epoch from now() - $2::integer * interval '1 day') * 1000)::bigint), 12, '0') as time
  ), looked_at as (
    select id, ended_at from saga
    where id < (select (left(time, 8) || '-' || right(time, 4) || '-7000-8000-000000000000')::uuid from border)
      and ($1::uuid is null or id > $1) order by id limit $3
  ), removed as (
    delete from saga using looked_at
    where saga.id = looked_at.id and looked_at.ended_at < now() - $2::integer * interval '1 day'
  )
  select count(*) as seen, (select id from looked_at order by id desc limit 1) as last from looked_at`;

function operated(row: Row): OperatedSaga {
  const { parked_from, owner, due_at, is_due, created_at, updated_at, ended_at, history, ...stored } = row;
  return {
    instance: instanceOf(stored, 0),
    parkedFrom: parked_from,
    owner,
    dueAt: due_at?.toISOString() ?? null,
    isDue: is_due ?? false,
    startedAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
    endedAt: ended_at?.toISOString() ?? null,
    history,
  };
}
