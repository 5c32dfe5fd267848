import type { Database } from "../database/database.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { INSTANCE, instanceOf, type SagaRow } from "./saga-row.ts";
import type { SagaSet } from "./saga-set.ts";
import { noted } from "./save-sagas.ts";

/** What the live processes of a service know, as each of them tells the others. */
export interface RunnerRegistry {
  /** Tells that this process lives, and which sagas it knows. */
  seen(): Promise<void>;
  /** Parks instances that have been due for some time though no live process knows their saga or its version, and returns them. */
  parkUnknown(): Promise<SagaInstance[]>;
  /** Tells that this process runs nothing more. */
  gone(): Promise<void>;
}

export type RunnerRegistryOptions = {
  database: Database;
  /** Names this process among all that ever ran. */
  owner: string;
  sagas: SagaSet;
  /** Milliseconds for which a process lives without a word, and for which an instance has to be due. */
  patience: number;
};

/** Makes the registry, in the service's own database. */
export function createRunnerRegistry({ database, owner, sagas, patience }: RunnerRegistryOptions): RunnerRegistry {
  const knows = JSON.stringify(sagas.known);
  return {
    async seen() {
      await database.query(SEEN, [owner, knows]);
    },
    async parkUnknown() {
      await database.query("delete from saga_runner where seen_at < now() - interval '1 hour'");
      const rows = await database.query<SagaRow>(PARK, [patience, knows]);
      return rows.map((row) => instanceOf(row, 0));
    },
    async gone() {
      await database.query("delete from saga_runner where owner = $1", [owner]);
    },
  };
}

const SEEN = `
  insert into saga_runner (owner, knows) values ($1, $2)
  on conflict (owner) do update set knows = excluded.knows, seen_at = clock_timestamp()`;

const UNKNOWN = `jsonb_strip_nulls(jsonb_build_object('step', saga.step, 'attempt', saga.attempts + 1, 'what', 'parked',
  'cause', 'no live process knows a saga "' || saga.name || '", version ' || saga.version))`;

// This process knows what it knows, even when it could not tell anybody for a while.
const PARK = `
  with unknown as (
    select id, status from saga
    where due_at <= now() - $1::float8 * interval '1 millisecond' and not exists (
      select 1 from saga_runner
      where seen_at > now() - $1::float8 * interval '1 millisecond'
        and knows @> jsonb_build_array(jsonb_build_array(saga.name, saga.version)))
      and not $2::jsonb @> jsonb_build_array(jsonb_build_array(saga.name, saga.version))
    order by due_at limit 100 for update skip locked
  )
  update saga set status = 'parked', parked_from = unknown.status, owner = null, due_at = null, fence = fence + 1,
    updated_at = clock_timestamp(), history = ${noted(UNKNOWN)}
  from unknown where saga.id = unknown.id
  returning ${INSTANCE.replace(/\b(id|status)\b/g, "saga.$1")}`;
