import { chooseInstance } from "./choose-instance.ts";
import { bringBack, eject, mostOut, noteOutcome } from "./eject.ts";
import { type Instance, newInstance, type Outcome } from "./instance.ts";

/** Spreads attempts over the instances of one service. */
export type Balancer = {
  /**
   * The instance for the next attempt, on whose account it is from now on: one that is well and was not tried yet, if there is one.
   * Undefined when none is known.
   */
  pick(now: number, tried?: ReadonlySet<Instance>): Instance | undefined;
  /** An attempt has ended. To be called once for each that was picked. */
  done(instance: Instance, outcome: Outcome, now: number): void;
  /** Whether an instance is known that is not among these. */
  hasOther(now: number, tried: ReadonlySet<Instance>): boolean;
  /** All that are known. */
  instances(): readonly Instance[];
};

/** Told when an instance is left out or comes back. */
export type OnEjection = (instance: Instance, why: "failing" | "slow" | "back") => void;

/**
 * Makes the balancer of a service. `addresses` tells its instances; as long as that is the same array nothing is done about them, so
 * that picking takes well under a microsecond however many there are.
 */
export function createBalancer(
  addresses: () => readonly string[],
  { random, onEjection }: { random: () => number; onEjection?: OnEjection | undefined },
): Balancer {
  let told: readonly string[] | undefined;
  let known: Instance[] = [];
  let usable: readonly Instance[] = known;
  let nextBack = Number.POSITIVE_INFINITY;

  function refresh(now: number): void {
    const current = addresses();
    if (current !== told) {
      const before = new Map(known.map((instance) => [instance.origin, instance]));
      known = [...new Set(current)].map((origin) => before.get(origin) ?? newInstance(origin, now));
      told = current;
    } else if (now < nextBack) return;
    for (const instance of known) if (instance.outUntil > 0 && instance.outUntil <= now) comeBack(instance, now);
    // Fewer are known than before: not more than half of them may be left out.
    while (out().length > mostOut(known.length)) comeBack(soonest(out()), now);
    sortOut();
  }

  const out = () => known.filter(({ outUntil }) => outUntil > 0);

  function sortOut(): void {
    usable = known.filter(({ outUntil }) => outUntil === 0);
    nextBack = known.reduce(
      (soon, { outUntil }) => (outUntil > 0 ? Math.min(soon, outUntil) : soon),
      Number.POSITIVE_INFINITY,
    );
  }

  function comeBack(instance: Instance, now: number): void {
    bringBack(instance, now);
    onEjection?.(instance, "back");
  }

  function leaveOut(instance: Instance, why: "failing" | "slow", now: number): void {
    if (instance.outUntil > 0 || !known.includes(instance)) return;
    const most = mostOut(known.length);
    const others = out();
    if (others.length >= most) {
      // One that fails makes room for one that may be well again.
      if (most === 0 || why === "slow") return;
      comeBack(soonest(others), now);
    }
    eject(instance, now, random);
    onEjection?.(instance, why);
    sortOut();
  }

  return {
    pick(now, tried) {
      refresh(now);
      const fresh = tried?.size ? usable.filter((instance) => !tried.has(instance)) : usable;
      const picked = chooseInstance(fresh.length > 0 ? fresh : usable, now, random);
      if (picked) picked.inFlight += 1;
      return picked;
    },
    done(instance, outcome, now) {
      instance.inFlight -= 1;
      if (outcome === "unknown") return;
      const why = noteOutcome(instance, outcome, usable);
      if (why) leaveOut(instance, why, now);
    },
    hasOther(now, tried) {
      refresh(now);
      return usable.some((instance) => !tried.has(instance));
    },
    instances: () => known,
  };
}

const soonest = (out: readonly Instance[]): Instance => out.reduce((a, b) => (b.outUntil < a.outUntil ? b : a));
