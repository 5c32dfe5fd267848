import { chooseInstance } from "./choose-instance.ts";
import { isWell, noteOutcome } from "./eject.ts";
import type { Instance, Outcome } from "./instance.ts";
import { createRoster, type OnEjection } from "./roster.ts";

/** Spreads attempts over the instances of one service. */
export type Balancer = {
  /**
   * The instance for the next attempt, on whose account it is from now on: one that is well and was not tried yet, if there is one.
   * Undefined when none is known.
   */
  pick(now: number, tried?: ReadonlySet<Instance>): Instance | undefined;
  /** An attempt has ended. To be called once for each that was picked. */
  done(instance: Instance, outcome: Outcome, now: number): void;
  /** An attempt that is still under way is slow: nobody has to wait for its end to know. */
  slow(instance: Instance, now: number): void;
  /** Whether another instance is well: then what goes wrong with this one is its own fault, not the service's. */
  othersAreWell(instance: Instance, now: number): boolean;
  /** Whether an instance takes calls that is not among these. */
  hasOther(now: number, tried: ReadonlySet<Instance>): boolean;
  /** All that are known. */
  instances(): readonly Instance[];
};

/**
 * Makes the balancer of a service. `addresses` tells its instances; as long as that is the same array nothing is done about them, so
 * that picking takes well under a microsecond however many there are. `random` is in [0, 1).
 */
export function createBalancer(
  addresses: () => readonly string[],
  options: { readonly random: () => number; readonly onEjection?: OnEjection | undefined },
): Balancer {
  const roster = createRoster(addresses, options);

  function note(instance: Instance, outcome: Exclude<Outcome, "unknown">, now: number): void {
    const why = noteOutcome(instance, outcome, roster.usable(now));
    if (why) roster.leaveOut(instance, why, now);
  }

  return {
    pick(now, tried) {
      const usable = roster.usable(now);
      const fresh = tried?.size ? usable.filter((instance) => !tried.has(instance)) : usable;
      const picked = chooseInstance(fresh.length > 0 ? fresh : usable, now, options.random);
      if (picked) picked.inFlight += 1;
      return picked;
    },
    done(instance, outcome, now) {
      instance.inFlight -= 1;
      if (outcome !== "unknown") note(instance, outcome, now);
    },
    slow: (instance, now) => note(instance, "slow", now),
    othersAreWell: (instance, now) => roster.usable(now).some((other) => other !== instance && isWell(other)),
    hasOther: (now, tried) => roster.usable(now).some((instance) => !tried.has(instance)),
    instances: roster.all,
  };
}
