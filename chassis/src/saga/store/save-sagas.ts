import type { Queryable } from "../../database/database.ts";
import { combinedRead, combinedWrite } from "../../database/transactions/combined.ts";
import { boundedTime } from "../definition/time.ts";
import { isUnderWay, keepsLease, type Progress, type SagaInstance } from "./saga-instance.ts";

/** The progress of an instance, to be stored if nobody else has written to it. */
export type SagaSave = { readonly instance: SagaInstance; readonly progress: Progress };

/** Stores the progress of instances, and tells for each whether its fencing number was still the stored one. */
export async function saveSagas(database: Queryable, saves: readonly SagaSave[]): Promise<boolean[]> {
  const saved = await database.query<{ id: string }>(SAVE, [JSON.stringify(saves.map(rowOf))]);
  const ids = new Set(saved.map(({ id }) => id));
  return saves.map(({ instance }) => ids.has(instance.id));
}

/** Stores the progress of an instance, and tells whether its fencing number was still the stored one. */
export const saveSaga = combinedWrite<SagaSave, boolean>(saveSagas, {
  holds: ({ instance }) => `saga ${instance.id}`,
});

/** Whether the fencing number of an instance is still the stored one. */
export const holdsFence = combinedRead<SagaInstance, boolean>(
  async (tx, instances) => {
    const stored = await tx.query<{ id: string; fence: number }>(
      "select id, fence from saga where id = any ($1::uuid[])",
      [instances.map(({ id }) => id)],
    );
    const fences = new Map(stored.map(({ id, fence }) => [id, fence]));
    return instances.map(({ id, fence }) => fences.get(id) === fence);
  },
  { holds: ({ id }) => `saga ${id}` },
);

/** Without nulls: what is not there is null as well, and need not be read. */
const rowOf = ({ instance, progress }: SagaSave) => {
  const { status, position, step, added, reason, attempts, faults, stepTimeLeft, wait, migrated, entry } = progress;
  return {
    one: 1,
    id: instance.id,
    fence: instance.fence,
    status,
    position,
    step,
    added: added === instance.added ? undefined : added,
    reason: reason ?? undefined,
    attempts,
    faults,
    keeps_deadline: stepTimeLeft === undefined,
    step_time_left: typeof stepTimeLeft === "number" ? boundedTime(stepTimeLeft) : undefined,
    keeps_lease: keepsLease(progress),
    wait: isUnderWay(status) ? boundedTime(wait ?? 0) : undefined,
    version: migrated?.version,
    input: migrated?.input,
    entry,
  };
};

/** Lines of history that are kept: of those that make it longer the ones in the middle go, after how it began. */
const KEPT = 200;
export const BEGINNING = 50;
const DROPPED = 50;

/** Adds a line to the history of a row of `saga`. */
export const noted = (entry: string): string =>
  `(case when cardinality(saga.history) < ${KEPT} then saga.history
    else saga.history[1:${BEGINNING}] || saga.history[${BEGINNING + DROPPED + 1}:] end)
    || (${entry} || jsonb_build_object('at', clock_timestamp()))`;

// `one` makes the planner expect a single row, and so look each instance up by its index, however small the table was when the
// plan was made: a plan that reads the whole table would stay when there are millions of instances.
const SAVE = `
  update saga set
    version = coalesce(given.version, saga.version), input = coalesce(given.input, saga.input),
    status = given.status, parked_from = case when given.status = 'parked' then saga.status end,
    position = given.position, step = given.step, added = coalesce(given.added, saga.added), reason = given.reason,
    attempts = given.attempts, faults = given.faults,
    step_deadline = case when keeps_deadline then saga.step_deadline
      else clock_timestamp() + step_time_left * interval '1 millisecond' end,
    owner = case when keeps_lease then saga.owner end,
    due_at = case when keeps_lease then saga.due_at else clock_timestamp() + wait * interval '1 millisecond' end,
    fence = saga.fence + 1,
    claims = 0,
    updated_at = clock_timestamp(),
    ended_at = case when given.status in ('done', 'failed') then clock_timestamp() end,
    history = ${noted("given.entry")}
  from json_to_recordset($1) as given (one integer, id uuid, fence bigint, status text, position integer, step text,
    added json, reason text, attempts integer, faults integer, keeps_deadline boolean, step_time_left float8,
    keeps_lease boolean, wait float8, version integer, input json, entry jsonb)
  where given.one = 1 and saga.id = given.id and saga.fence = given.fence
  returning saga.id`;
