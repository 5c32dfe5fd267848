import type { Clock } from "../../core/clock.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { groupCommit } from "../../database/transactions/group-commit.ts";
import { type GroupedTransaction, groupTransactions } from "../../database/transactions/group-transactions.ts";
import { boundary } from "../../telemetry/boundary.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { fairTransactions } from "../runner/fair-transactions.ts";
import type { Progress, SagaInstance } from "./saga-instance.ts";
import { INSTANCE, instanceOf, type SagaRow } from "./saga-row.ts";
import { LeaseLost, type SagaStore, type Within } from "./saga-store.ts";
import { holdsFence, noted, type SagaSave, saveSaga, saveSagas } from "./save-sagas.ts";

/** Milliseconds a lease lasts when it isn't renewed, on the database's clock. */
export const LEASE = 5_000;

export type PostgresSagaStoreOptions = {
  database: Database;
  /** Names this process among all that ever ran; goes into the leases. */
  owner: string;
  clock: Clock;
  /** The sagas that this process knows. */
  sagas: Pick<SagaSet, "known">;
};

/** Keeps sagas in the service's own database. Leases and deadlines run on the database's clock; saves share commits. */
export function createPostgresSagaStore({ database, owner, clock, sagas }: PostgresSagaStoreOptions): SagaStore {
  const knows = JSON.stringify(sagas.known);
  const save = groupCommit<SagaSave, boolean>({ write: (saves) => saveTogether(database, saves) });
  const codes = new Map<string, object>();
  const codeOfWork = new WeakMap<object, object>();
  const fair = fairTransactions(database, (work) => codeOfWork.get(work));
  const grouped = groupTransactions(fair, { priority: "low" });
  const transaction: GroupedTransaction = (key, work, code) => {
    if (code) codeOfWork.set(work, code);
    return grouped(key, work, code);
  };

  return {
    async claim(limit, { suspects } = { suspects: true }) {
      const rows = await database.query<SagaRow>(CLAIM, [limit, owner, LEASE, knows, suspects]);
      const now = clock.monotonic();
      return rows.map((row) => instanceOf(row, now));
    },
    async save(instance, progress) {
      if (typeof progress === "function") return saveWithin(transaction, codeOf(codes, instance), instance, progress);
      if (!(await save({ instance, progress }))) throw lost(instance);
      return progress;
    },
    async renew(ids) {
      const rows = await database.query<{ id: string }>(RENEW, [ids, owner, LEASE]);
      return rows.map(({ id }) => id);
    },
    async release(ids) {
      await database.query(
        `update saga set owner = null, due_at = clock_timestamp(), claims = greatest(claims - 1, 0)
         where id = any ($1::uuid[]) and owner = $2`,
        [ids, owner],
      );
    },
  };
}

async function saveTogether(database: Database, saves: readonly SagaSave[]): Promise<boolean[]> {
  const instances = saves.map(({ instance }) => instance);
  boundary("before transaction", instances);
  const saving = saveSagas(database, saves);
  boundary("in transaction", instances);
  const saved = await saving;
  boundary("after commit", instances);
  return saved;
}

/** What stands for the code of the step that an instance is at: each step is new for each instance. */
function codeOf(codes: Map<string, object>, { name, version, step, status }: SagaInstance): object {
  const id = JSON.stringify([name, version, step, status]);
  const known = codes.get(id) ?? {};
  codes.set(id, known);
  return known;
}

async function saveWithin(
  transaction: GroupedTransaction,
  code: object,
  instance: SagaInstance,
  within: Within,
): Promise<Progress> {
  boundary("before transaction", [instance]);
  let runs = 0;
  const save = async (tx: Transaction) => {
    runs += 1;
    // Run again, maybe since another process has written to the instance: then there is nothing to do any more.
    if (runs > 1 && !(await holdsFence(tx, instance))) throw lost(instance);
    const progress = await within(tx);
    if (!(await saveSaga(tx, { instance, progress }))) throw lost(instance);
    boundary("in transaction", [instance]);
    return progress;
  };
  const saved = await transaction(instance.id, save, code);
  boundary("after commit", [instance]);
  return saved;
}

const lost = ({ id }: SagaInstance) => new LeaseLost(`saga ${id} is held by another process`);

const TAKEN_OVER = `jsonb_strip_nulls(jsonb_build_object('step', saga.step, 'attempt', saga.attempts, 'what', 'taken over',
  'cause', taken.owner || ' let its lease run out'))`;

const KNOWN = "$4::jsonb @> jsonb_build_array(jsonb_build_array(name, version))";

const CLAIM = `
  with due as (
    select id, owner from saga where due_at <= now() and claims < 2 and ${KNOWN}
    order by due_at limit $1 for update skip locked
  ), suspect as (
    select id, owner from saga where $5 and due_at <= now() and claims > 1 and ${KNOWN}
    order by due_at limit 1 for update skip locked
  ), taken as (
    select * from due union all select * from suspect
  ), claimed as (
    update saga set owner = $2, due_at = clock_timestamp() + $3::float8 * interval '1 millisecond', fence = fence + 1,
      claims = least(claims + 1, 1000), history = case when taken.owner is null then saga.history else ${noted(TAKEN_OVER)} end
    from taken where saga.id = taken.id
    returning saga.*
  )
  select ${INSTANCE} from claimed`;

// A row that is locked is being saved by this very process, and need not be waited for.
const RENEW = `
  with held as (
    select id from saga where id = any ($1::uuid[]) and owner = $2 for update skip locked
  ), renewed as (
    update saga set due_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
    from held where saga.id = held.id
  )
  select id from saga where id = any ($1::uuid[]) and owner = $2`;
