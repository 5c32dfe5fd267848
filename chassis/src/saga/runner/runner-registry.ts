import type { Database } from "../../database/database.ts";
import type { Log } from "../../telemetry/log.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { INSTANCE, instanceOf, type SagaRow } from "../store/saga-row.ts";
import { noted } from "../store/save-sagas.ts";

/** What the live processes of a service know, as each of them tells the others. */
export interface RunnerRegistry {
  /** Tells that this process lives, and which sagas it knows. */
  seen(): Promise<void>;
  /** Parks instances that have been due for some time though no live process knows their saga or its version. */
  parkUnknown(): Promise<void>;
}

export type RunnerRegistryOptions = {
  database: Database;
  /** Names this process among all that ever ran. */
  owner: string;
  sagas: SagaSet;
  log: Log;
  /** Milliseconds for which an instance has to be due. */
  patience: number;
  /** Called with each instance that was parked. */
  onFinal?: ((instance: SagaInstance) => void) | undefined;
};

/** A process that says nothing may be starting again: so many times the patience after its last word, it is gone. */
const SILENCE = 6;

/** Makes the registry, in the service's own database. */
export function createRunnerRegistry(options: RunnerRegistryOptions): RunnerRegistry {
  const { database, owner, sagas, log, patience, onFinal } = options;
  const knows = JSON.stringify(sagas.known);
  return {
    async seen() {
      await database.query(SEEN, [owner, knows]);
    },
    async parkUnknown() {
      await database.query("delete from saga_runner where seen_at < now() - interval '1 hour'");
      const rows = await database.query<SagaRow>(PARK, [patience, knows, patience * SILENCE]);
      for (const row of rows) {
        const { id, name, version, key } = row;
        log.error({ saga: name, version, key, sagaId: id }, "a saga that no live process knows is parked for a person");
        onFinal?.(instanceOf(row, 0));
      }
    },
  };
}

const SEEN = `
  insert into saga_runner (owner, knows) values ($1, $2)
  on conflict (owner) do update set knows = excluded.knows, seen_at = clock_timestamp()`;

const UNKNOWN = `jsonb_strip_nulls(jsonb_build_object('step', saga.step, 'attempt', saga.attempts + 1, 'what', 'parked',
  'cause', 'there is no saga "' || saga.name || '", version ' || saga.version || ', in any live process'))`;

// This process knows what it knows, even when it could not tell anybody for a while.
const PARK = `
  with unknown as (
    select id, status from saga
    where due_at <= now() - $1::float8 * interval '1 millisecond' and not exists (
      select 1 from saga_runner
      where seen_at > now() - $3::float8 * interval '1 millisecond'
        and knows @> jsonb_build_array(jsonb_build_array(saga.name, saga.version)))
      and not $2::jsonb @> jsonb_build_array(jsonb_build_array(saga.name, saga.version))
    order by due_at limit 100 for update skip locked
  )
  update saga set status = 'parked', parked_from = unknown.status, owner = null, due_at = null, fence = fence + 1,
    updated_at = clock_timestamp(), history = ${noted(UNKNOWN)}
  from unknown where saga.id = unknown.id
  returning ${INSTANCE.replace(/\b(id|status)\b/g, "saga.$1")}`;
