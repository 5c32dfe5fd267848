import type { Log } from "../telemetry/log.ts";
import type { SagaInstance } from "./saga-instance.ts";
import type { SagaStore } from "./saga-store.ts";

/** An instance that is leased to this process; `lost` is aborted when that has ended without its doing, or the process stops. */
export type Holding = { readonly instance: SagaInstance; readonly lost: AbortController };

/** The leases that this process holds. */
export interface SagaLeases {
  /** Keeps the lease that the store gave, until it is let go of. */
  hold(instance: SagaInstance): Holding;
  /** Renews it no longer. */
  letGo(holding: Holding): void;
  /** Renews all of them; aborts those that others have taken over. */
  renew(): Promise<void>;
  /** Aborts all of them; they stay held until they are given back. */
  interrupt(): void;
  /** Gives all of them back. Never throws: leases that can't be given back run out. */
  giveBack(): Promise<void>;
}

export function createSagaLeases(store: SagaStore, log: Log): SagaLeases {
  const held = new Map<string, Holding>();
  return {
    hold(instance) {
      // Held already: it was claimed again because this process lost its lease without noticing.
      held.get(instance.id)?.lost.abort();
      const holding: Holding = { instance, lost: new AbortController() };
      held.set(instance.id, holding);
      return holding;
    },
    letGo(holding) {
      if (held.get(holding.instance.id) === holding) held.delete(holding.instance.id);
    },
    async renew() {
      const before = [...held];
      if (before.length === 0) return;
      const kept = new Set(await store.renew(before.map(([id]) => id)));
      for (const [id, holding] of before) {
        if (kept.has(id) || held.get(id) !== holding) continue;
        held.delete(id);
        holding.lost.abort();
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
