import { bringBack, eject, mostOut } from "./eject.ts";
import { type Instance, newInstance } from "./instance.ts";

/** The known instances of a service: those that take calls, and those that are left out for a while, at most half. */
export type Roster = {
  /** All that are known. */
  all(): readonly Instance[];
  /** Those that take calls now; empty only when none is known. */
  usable(now: number): readonly Instance[];
  /** Leaves one out, if that is allowed. */
  leaveOut(instance: Instance, why: "failing" | "slow", now: number): void;
};

/** Told when an instance is left out or comes back. */
export type OnEjection = (instance: Instance, why: "failing" | "slow" | "back") => void;

/** Keeps the roster of a service. As long as `addresses` returns the same array and nobody's time is over, it costs nothing. */
export function createRoster(
  addresses: () => readonly string[],
  { random, onEjection }: { random: () => number; onEjection?: OnEjection | undefined },
): Roster {
  let told: readonly string[] | undefined;
  let known: readonly Instance[] = [];
  let usable: readonly Instance[] = known;
  let nextBack = Number.POSITIVE_INFINITY;

  const out = () => known.filter(({ outUntil }) => outUntil > 0);

  function comeBack(instance: Instance, now: number): void {
    bringBack(instance, now);
    onEjection?.(instance, "back");
  }

  function sortOut(): void {
    usable = known.filter(({ outUntil }) => outUntil === 0);
    nextBack = out().reduce((soon, { outUntil }) => Math.min(soon, outUntil), Number.POSITIVE_INFINITY);
  }

  function refresh(now: number): void {
    const current = addresses();
    if (current === told && now < nextBack) return;
    if (current !== told) {
      const before = new Map(known.map((instance) => [instance.origin, instance]));
      known = Array.from(new Set(current), (origin) => before.get(origin) ?? newInstance(origin, now));
      told = current;
    }
    for (const instance of out()) if (instance.outUntil <= now) comeBack(instance, now);
    // When fewer are known than before, more than half may be out.
    while (out().length > mostOut(known.length)) comeBack(soonest(out()), now);
    sortOut();
  }

  return {
    all: () => known,
    usable(now) {
      refresh(now);
      return usable;
    },
    leaveOut(instance, why, now) {
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
    },
  };
}

const soonest = (out: readonly Instance[]): Instance => out.reduce((a, b) => (b.outUntil < a.outUntil ? b : a));
