import type { Clock } from "../core/clock.ts";
import type { Database, Queryable, Transaction } from "../database/database.ts";
import { isUnderWay, keepsLease, type Progress, type SagaInstance, type SagaStatus } from "./saga-instance.ts";
import { LeaseLost, type SagaStore } from "./saga-store.ts";

/** Milliseconds a lease lasts when it isn't renewed, on the database's clock. */
export const LEASE = 5_000;

export type PostgresSagaStoreOptions = {
  database: Database;
  /** Names this process among all that ever ran; goes into the leases. */
  owner: string;
  clock: Clock;
};

/** Keeps sagas in the service's own database. Leases and deadlines run on the database's clock. */
export function createPostgresSagaStore({ database, owner, clock }: PostgresSagaStoreOptions): SagaStore {
  return {
    async claim(limit) {
      const rows = await database.query<SagaRow>(CLAIM, [limit, owner, LEASE]);
      const now = clock.monotonic();
      return rows.map((row) => toInstance(row, now));
    },
    async save(instance, progress, within) {
      if (!within) return saveProgress(database, instance, progress);
      await database.transaction(async (tx) => {
        await saveProgress(tx, instance, progress);
        await within(tx);
      });
    },
    async renew(ids) {
      const rows = await database.query<{ id: string }>(RENEW, [ids, owner, LEASE]);
      return rows.map(({ id }) => id);
    },
    async release(ids) {
      await database.query(
        "update saga set owner = null, due_at = clock_timestamp() where id = any ($1::uuid[]) and owner = $2",
        [ids, owner],
      );
    },
  };
}

/** Stores a new instance, leased to `owner`; returns whether there was none of that name and key yet. */
export async function insertSaga(tx: Transaction, instance: SagaInstance, owner: string): Promise<boolean> {
  const inserted = await tx.query(
    `insert into saga (id, name, version, key, input, step, owner, due_at, fence, request_id, traceparent)
     values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8::float8 * interval '1 millisecond', $9, $10, $11)
     on conflict (name, key) do nothing returning id`,
    [
      instance.id,
      instance.name,
      instance.version,
      instance.key,
      JSON.stringify(instance.input),
      instance.step,
      owner,
      LEASE,
      instance.fence,
      instance.requestId,
      instance.traceparent,
    ],
  );
  return inserted.length === 1;
}

const CLAIM = `
  with due as (
    select id, owner from saga where due_at <= now() order by due_at limit $1 for update skip locked
  ), claimed as (
    update saga set owner = $2, due_at = clock_timestamp() + $3::float8 * interval '1 millisecond', fence = fence + 1
    from due where saga.id = due.id
    returning saga.*, due.owner as abandoned_by
  ), noted as (
    insert into saga_history (saga_id, step, attempt, what, cause)
    select id, step, attempts, 'taken over', abandoned_by || ' let its lease run out' from claimed
    where abandoned_by is not null
  )
  select id, name, version, key, input, added, status, position, step, reason, attempts, faults, fence,
    request_id, traceparent, extract(epoch from step_deadline - clock_timestamp())::float8 * 1000 as step_time_left
  from claimed`;

// A row that is locked is being saved by this very process, and need not be waited for.
const RENEW = `
  with held as (
    select id from saga where id = any ($1::uuid[]) and owner = $2 for update skip locked
  ), renewed as (
    update saga set due_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
    from held where saga.id = held.id
  )
  select id from saga where id = any ($1::uuid[]) and owner = $2`;

const SAVE = `
  with saved as (
    update saga set
      status = $3, parked_from = case when $3 = 'parked' then status end,
      position = $4, step = $5, added = $6, reason = $7, attempts = $8, faults = $9,
      step_deadline = case when $10 then step_deadline else clock_timestamp() + $11::float8 * interval '1 millisecond' end,
      owner = case when $12 then owner end,
      due_at = case when $12 then due_at else clock_timestamp() + $13::float8 * interval '1 millisecond' end,
      fence = fence + 1,
      updated_at = clock_timestamp(),
      ended_at = case when $3 in ('done', 'failed') then clock_timestamp() end
    where id = $1 and fence = $2
    returning id
  ), noted as (
    insert into saga_history (saga_id, step, attempt, what, cause)
    select id, $14, $15, $16, $17 from saved
  )
  select id from saved`;

async function saveProgress(database: Queryable, instance: SagaInstance, progress: Progress): Promise<void> {
  const { status, position, step, added, reason, attempts, faults, stepTimeLeft, wait, entry } = progress;
  const saved = await database.query(SAVE, [
    instance.id,
    instance.fence,
    status,
    position,
    step,
    JSON.stringify(added),
    reason,
    attempts,
    faults,
    stepTimeLeft === undefined,
    stepTimeLeft ?? null,
    keepsLease(progress),
    isUnderWay(status) ? (wait ?? 0) : null,
    entry.step,
    entry.attempt,
    entry.what,
    entry.cause ?? null,
  ]);
  if (saved.length === 0) throw new LeaseLost(`saga ${instance.id} is held by another process`);
}

type SagaRow = {
  id: string;
  name: string;
  version: number;
  key: string;
  input: object;
  added: object;
  status: SagaStatus;
  position: number;
  step: string | null;
  reason: string | null;
  attempts: number;
  faults: number;
  /** bigint arrives as text */
  fence: string;
  request_id: string;
  traceparent: string;
  step_time_left: number | null;
};

function toInstance(row: SagaRow, now: number): SagaInstance {
  const { fence, request_id, step_time_left, ...same } = row;
  return {
    ...same,
    fence: Number(fence),
    requestId: request_id,
    stepDeadline: step_time_left === null ? null : now + step_time_left,
  };
}
