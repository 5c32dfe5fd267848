import type { Clock } from "../../core/clock.ts";
import type { Transaction } from "../../database/database.ts";
import {
  type HistoryEntry,
  isUnderWay,
  keepsLease,
  type Progress,
  progressed,
  type SagaInstance,
} from "./saga-instance.ts";
import { LeaseLost, type SagaStore } from "./saga-store.ts";

export type Row = {
  instance: SagaInstance;
  owner: string | undefined;
  dueAt: number;
  readonly history: HistoryEntry[];
};

/** What is left when every process has died: the stand-in for the database in tests that crash at every await. */
export type SagaMemory = {
  readonly rows: Map<string, Row>;
  readonly clock: Clock;
  /** False only to show that tests notice when it is missing. */
  readonly fencing: boolean;
};

const LEASE = 5_000;

/** Keeps sagas in memory, as one process sees them. Statements can't be run within: only `afterCommit` can be used. */
export function createMemorySagaStore({ rows, clock, fencing }: SagaMemory, owner: string): SagaStore {
  return {
    async claim(limit) {
      const due = [...rows.values()].filter(
        ({ instance, dueAt }) => isUnderWay(instance.status) && dueAt <= clock.monotonic(),
      );
      return due.slice(0, limit).map((row) => {
        row.instance = { ...row.instance, fence: row.instance.fence + 1 };
        row.owner = owner;
        row.dueAt = clock.monotonic() + LEASE;
        return row.instance;
      });
    },
    async save(instance, given) {
      const committed: (() => void)[] = [];
      const progress = typeof given === "function" ? await given(transactionOf(committed)) : given;
      const row = rows.get(instance.id);
      if (!row || (fencing && row.instance.fence !== instance.fence)) throw new LeaseLost(instance.id);
      store(row, instance, progress, clock.monotonic());
      for (const callback of committed) callback();
      return progress;
    },
    async renew(ids) {
      const kept = ids.filter((id) => rows.get(id)?.owner === owner);
      for (const id of kept) Object.assign(rows.get(id) ?? {}, { dueAt: clock.monotonic() + LEASE });
      return kept;
    },
    async release(ids) {
      for (const row of rows.values()) {
        if (!ids.includes(row.instance.id) || row.owner !== owner) continue;
        row.owner = undefined;
        row.dueAt = clock.monotonic();
      }
    },
  };
}

function store(row: Row, instance: SagaInstance, progress: Progress, now: number): void {
  row.history.push(progress.entry);
  row.instance = progressed(instance, structuredClone(progress), now);
  if (keepsLease(progress)) return;
  row.owner = undefined;
  row.dueAt = now + (progress.wait ?? 0);
}

const transactionOf = (committed: (() => void)[]): Transaction => ({
  query: async () => [],
  afterCommit: (callback) => committed.push(callback),
  "~transaction": true,
});
