import type { Queryable } from "../../database/database.ts";
import { combinedWrite } from "../../database/transactions/combined.ts";
import { boundedTime } from "../definition/time.ts";
import type { SagaInstance } from "./saga-instance.ts";

/** A new instance to store. Times in milliseconds from now. */
export type NewSaga = {
  readonly instance: SagaInstance;
  /** Who runs it first; null: whoever looks for work, after `wait`. */
  readonly owner: string | null;
  readonly lease: number;
  /** Until the saga is undone if it has not reached its pivot. */
  readonly timeLeft: number | null;
  /** The timer it begins with. */
  readonly wait: number | null;
  /** Until its first step is given up, or the timer is over. */
  readonly stepTimeLeft: number | null;
};

/** Stores new instances, and tells for each whether there was none of that name and key yet. */
export async function insertSagas(database: Queryable, sagas: readonly NewSaga[]): Promise<boolean[]> {
  const rows = sagas.map(({ instance, owner, lease, timeLeft, wait, stepTimeLeft }) => ({
    id: instance.id,
    name: instance.name,
    version: instance.version,
    key: instance.key,
    input: instance.input,
    step: instance.step,
    owner,
    due: boundedTime(wait === null ? (owner === null ? 0 : lease) : Math.min(wait, timeLeft ?? wait)),
    step_time_left: stepTimeLeft,
    time_left: timeLeft,
    fence: instance.fence,
    key_format: instance.keyFormat,
    request_id: instance.requestId,
    traceparent: instance.traceparent,
  }));
  const inserted = await database.query<{ id: string }>(INSERT, [JSON.stringify(rows)]);
  const ids = new Set(inserted.map(({ id }) => id));
  return sagas.map(({ instance }) => ids.has(instance.id));
}

/** Stores a new instance, and tells whether there was none of that name and key yet. */
export const insertSaga = combinedWrite<NewSaga, boolean>(insertSagas, {
  holds: ({ instance }) => `saga ${JSON.stringify([instance.name, instance.key])}`,
});

const INSERT = `
  insert into saga (id, name, version, key, input, step, owner, due_at, step_deadline, deadline, fence, key_format,
    request_id, traceparent)
  select id, name, version, key, input, step, owner,
    clock_timestamp() + due * interval '1 millisecond', clock_timestamp() + step_time_left * interval '1 millisecond',
    clock_timestamp() + time_left * interval '1 millisecond', fence, key_format, request_id, traceparent
  from json_to_recordset($1) as given (id uuid, name text, version integer, key text, input json, step text, owner text,
    due float8, step_time_left float8, time_left float8, fence bigint, key_format smallint,
    request_id text, traceparent text)
  on conflict (name, key) do nothing returning id`;
