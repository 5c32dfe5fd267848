import type { Balancer } from "../targets/balancer.ts";
import type { Instance, Outcome } from "../targets/instance.ts";
import { slowWatch, type Watched } from "../targets/slow-watch.ts";
import type { CircuitBreaker, Pass } from "./circuit-breaker.ts";

/** An attempt at one instance, as long as it is under way. */
export type GuardedAttempt = Watched & { readonly instance: Instance; readonly pass: Pass };

/** What stands between a caller and a service: its circuit breaker and its balancer, which learn from the same attempts. */
export type Guard = {
  /**
   * Begins an attempt at an instance that was not tried yet, if there is one; it counts as slow after so many milliseconds, also while it
   * is under way. `open`: the circuit is. `nobody`: no instance is known.
   */
  begin(now: number, slowAfter: number, tried?: ReadonlySet<Instance>): GuardedAttempt | "open" | "nobody";
  /** Ends it; to be called once for each that was begun. */
  end(attempt: GuardedAttempt, outcome: Outcome, now: number): void;
};

/**
 * Joins a balancer and a circuit breaker. What goes wrong with one instance while another is well leaves that instance out, and is no
 * reason to open the circuit of the service.
 */
export function createGuard(balancer: Balancer, breaker: CircuitBreaker): Guard {
  const watch = slowWatch<GuardedAttempt>(({ instance, pass }, now) => {
    balancer.slow(instance, now);
    if (!balancer.othersAreWell(instance, now)) breaker.slow(pass, now);
  });
  return {
    begin(now, slowAfter, tried) {
      watch.sweep(now);
      const pass = breaker.begin(now);
      if (!pass) return "open";
      const instance = balancer.pick(now, tried);
      if (!instance) {
        breaker.end(pass, "unknown", now);
        return "nobody";
      }
      const attempt = { instance, pass, slowAfter, dueAt: now + slowAfter, isSlow: false };
      watch.add(attempt);
      return attempt;
    },
    end(attempt, outcome, now) {
      watch.sweep(now);
      watch.remove(attempt);
      const { instance, pass, isSlow } = attempt;
      balancer.done(instance, isSlow && outcome === "slow" ? "unknown" : outcome, now);
      const own = outcome !== "good" && balancer.othersAreWell(instance, now);
      breaker.end(pass, own ? "unknown" : outcome, now);
    },
  };
}
