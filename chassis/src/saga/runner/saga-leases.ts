import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import type { SagaStore } from "../store/saga-store.ts";

/** An instance that is leased to this process; `lost` is aborted when that has ended without its doing, or the process stops. */
export type Holding = {
  readonly instance: SagaInstance;
  readonly lost: AbortController;
  /** Until when the lease is renewed, on the monotonic clock, unless there is progress before. */
  renewedUntil: number;
};

/** The leases that this process holds. */
export interface SagaLeases {
  /** Keeps the lease that the store gave, until it is let go of. */
  hold(instance: SagaInstance): Holding;
  /** Renews it for so many milliseconds more, in which there has to be progress. */
  expect(holding: Holding, milliseconds: number): void;
  /** Renews it no longer. */
  letGo(holding: Holding): void;
  /** Renews those with progress; aborts the others, and those that other processes have taken over. */
  renew(): Promise<void>;
  /** Aborts all of them; they stay held until they are given back. */
  interrupt(): void;
  /** Gives all of them back. Never throws: leases that can't be given back run out. */
  giveBack(): Promise<void>;
}

/** Milliseconds that an instance which waits for its turn is held. */
const TURN = 60_000;

export function createSagaLeases(store: SagaStore, log: Log, clock: Pick<Clock, "monotonic">): SagaLeases {
  const held = new Map<string, Holding>();

  function lose(id: string, holding: Holding): void {
    held.delete(id);
    holding.lost.abort();
  }

  function withoutStuck(): [string, Holding][] {
    for (const [id, holding] of held) {
      if (holding.renewedUntil >= clock.monotonic()) continue;
      const { name, key } = holding.instance;
      log.warn(
        { saga: name, key, sagaId: id },
        "a saga gets no further here; others take over when its lease has run out",
      );
      lose(id, holding);
    }
    return [...held];
  }

  return {
    hold(instance) {
      // Held already: it was claimed again because this process lost its lease without noticing.
      held.get(instance.id)?.lost.abort();
      const holding: Holding = { instance, lost: new AbortController(), renewedUntil: clock.monotonic() + TURN };
      held.set(instance.id, holding);
      return holding;
    },
    expect(holding, milliseconds) {
      holding.renewedUntil = clock.monotonic() + milliseconds;
    },
    letGo(holding) {
      if (held.get(holding.instance.id) === holding) held.delete(holding.instance.id);
    },
    async renew() {
      const before = withoutStuck();
      if (before.length === 0) return;
      const kept = new Set(await store.renew(before.map(([id]) => id)));
      for (const [id, holding] of before) {
        if (!kept.has(id) && held.get(id) === holding) lose(id, holding);
      }
    },
    interrupt() {
      for (const { lost } of held.values()) lost.abort();
    },
    async giveBack() {
      const ids = [...held.keys()];
      held.clear();
      if (ids.length === 0) return;
      await store.release(ids).catch((error: unknown) => {
        log.warn({ err: error }, "sagas could not be handed over; others take over when their leases have run out");
      });
    },
  };
}
