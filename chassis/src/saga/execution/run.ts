import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { AnySaga } from "../definition/saga.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import type { SagaStore } from "../store/saga-store.ts";

/** What running a saga needs. */
export type SagaSurroundings = {
  readonly store: SagaStore;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  /** Called before each piece of work with the milliseconds in which there has to be progress. */
  readonly expects?: ((milliseconds: number) => void) | undefined;
  /** Called with each instance as it is at its end, or parked. */
  readonly onFinal?: ((instance: SagaInstance) => void) | undefined;
};

/** A saga that is being run. `signal` is aborted when the process stops or has lost its lease. */
export type Run = SagaSurroundings & { readonly saga: AnySaga; readonly signal: AbortSignal };
