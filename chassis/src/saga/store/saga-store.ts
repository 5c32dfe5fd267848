import type { Transaction } from "../../database/database.ts";
import type { Progress, SagaInstance } from "./saga-instance.ts";

/** Another process has taken the instance over, or has written to it: whatever this one knows about it is out of date. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** What a local step does, and what follows from it. */
export type Within = (tx: Transaction) => Promise<Progress>;

/** Where the instances of sagas are kept, seen by one process, which holds leases on those it runs. */
export interface SagaStore {
  /**
   * Leases up to `limit` instances that are due and that nobody holds (any more) to this process, longest due first, of sagas that this
   * process knows. Each gets a higher fencing number, so that the one who held it before can't write any more. Of those that were taken up
   * several times without getting any further, it leases one on top, and only if `suspects` says so.
   */
  claim(limit: number, options?: { suspects: boolean }): Promise<SagaInstance[]>;
  /**
   * Stores progress and its line of history. Given a function, runs it in a transaction and stores the progress that it returns in
   * the same one, or nothing of both. Throws {@link LeaseLost} when the stored fencing number is not the instance's; then nothing
   * has any effect. Throws `unavailable` when the outcome is unknown: saving once more is then safe, and is refused if the first
   * did arrive.
   */
  save(instance: SagaInstance, progress: Progress | Within): Promise<Progress>;
  /** Makes the leases on these instances last longer; returns those that this process still holds. */
  renew(ids: readonly string[]): Promise<string[]>;
  /** Gives leases back, so that any process can go on at once. */
  release(ids: readonly string[]): Promise<void>;
}
