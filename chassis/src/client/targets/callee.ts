import type { Discovery } from "../../discovery/discovery.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { type Bulkhead, type BulkheadLimits, bulkhead } from "../resilience/bulkhead.ts";
import {
  type BreakerLimits,
  type CircuitBreaker,
  type CircuitState,
  circuitBreaker,
} from "../resilience/circuit-breaker.ts";
import { createGuard, type Guard } from "../resilience/guard.ts";
import { type RetryBudget, retryBudget } from "../resilience/retry-budget.ts";
import { type Balancer, createBalancer } from "./balancer.ts";

/** A service as those who call it from this process see it, all calls together. */
export type Callee = {
  readonly balancer: Balancer;
  readonly breaker: CircuitBreaker;
  readonly guard: Guard;
  readonly bulkhead: Bulkhead;
  /** For calls that wait for what others do: they take no place in the other. */
  readonly idle: Bulkhead;
  readonly budget: RetryBudget;
};

/** The callee of this name, the same each time. */
export type Callees = (service: string) => Callee;

export type CalleeLimits = {
  /** Calls to one service that may be under way at once, and wait for that. Default 256 and 1,024. */
  readonly bulkhead?: BulkheadLimits;
  readonly breaker?: BreakerLimits;
};

type Surroundings = {
  readonly discovery: Discovery;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly random: () => number;
};

const DEFAULT_BULKHEAD: BulkheadLimits = { running: 256, waiting: 1_024 };
const IDLE: BulkheadLimits = { running: 1_024, waiting: 0 };

/** Makes the callees of a process. Who is asked for begins to be looked for. */
export function createCallees(surroundings: Surroundings, limits: CalleeLimits = {}): Callees {
  const { discovery, log, random, metrics } = surroundings;
  const all = new Map<string, Callee>();
  const countChange = metrics?.counter(
    "circuit_breaker_changes_total",
    "Changes of circuit breakers, by the state after",
    ["target", "state"],
  );

  function make(service: string): Callee {
    const onState = (state: CircuitState) => {
      countChange?.({ target: service, state });
      if (state === "open") log.warn({ target: service }, "the circuit opens: calls are refused for a while");
      else
        log.info(
          { target: service, state },
          state === "closed" ? "the circuit closes" : "the circuit lets a few calls through",
        );
    };
    discovery.instances(service);
    const balancer = createBalancer(() => discovery.instances(service), {
      random,
      onEjection({ origin, outFor }, why) {
        const line = why === "back" ? "an instance takes calls again" : "an instance is left out for a while";
        log[why === "back" ? "info" : "warn"]({ target: service, instance: origin, why, milliseconds: outFor }, line);
      },
    });
    const breaker = circuitBreaker(onState, limits.breaker);
    return {
      balancer,
      breaker,
      guard: createGuard(balancer, breaker),
      bulkhead: bulkhead(limits.bulkhead ?? DEFAULT_BULKHEAD),
      idle: bulkhead(IDLE),
      budget: retryBudget(),
    };
  }

  if (metrics) showCallees(metrics, all);
  return (service) => {
    const known = all.get(service);
    if (known) return known;
    const made = make(service);
    all.set(service, made);
    return made;
  };
}

const states: Readonly<Record<CircuitState, number>> = { closed: 0, "half-open": 1, open: 2 };

function showCallees(metrics: Metrics, all: ReadonlyMap<string, Callee>): void {
  const show = (name: string, help: string, read: (callee: Callee) => number) =>
    metrics.gauge(name, help, () => Array.from(all, ([target, callee]) => [{ target }, read(callee)] as const), [
      "target",
    ]);
  show("circuit_breaker_state", "0 closed, 1 half-open, 2 open", ({ breaker }) => states[breaker.state()]);
  show("calls_in_flight", "Attempts under way", (callee) => callee.bulkhead.running());
  show("calls_waiting", "Calls that wait until fewer are under way", (callee) => callee.bulkhead.waiting());
  show("instances_known", "Instances that are known", ({ balancer }) => balancer.instances().length);
  show(
    "instances_left_out",
    "Instances that are left out because they failed or were slow",
    ({ balancer }) => balancer.instances().filter(({ outUntil }) => outUntil > 0).length,
  );
}
