import { unavailable } from "../../core/failure/failure.ts";
import { createLoadShedder, type LoadShedder, type LoadShedderOptions } from "../../core/load/load-shedder.ts";
import { watchLoop } from "../../core/load/loop-watch.ts";
import type { Soon } from "../../core/soon.ts";
import { countStalls } from "../../telemetry/count-stalls.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { callerOf, type Exchange, sendFailure } from "../edge/exchange.ts";
import type { CallRoute } from "../route-table.ts";

/** Refuses what could not be answered in time, so that the rest is. */
export type Overload = {
  /** Does the work of a request, or answers `503` at once. Answers without end are always let in, and count as no work; requests that `waits` are counted only as they come in. */
  relieve(exchange: Exchange, route: CallRoute, work: () => Soon<void>, waits?: boolean): Soon<void>;
  /** A request to this service has waited so many milliseconds for a connection to it; 0 when one was free. */
  waited(service: string, milliseconds: number): void;
  /** Whether the event loop stood still for longer than a second within the last second. */
  stalledLately(): boolean;
  close(): void;
};

/** The one refusal that all get: it has nothing to do with any of them. */
const overloaded = unavailable.failure({ retryAfter: 1 });

/**
 * Bounds the requests under way to each service by what they wait for: a turn of the event loop, and a connection to the service. A
 * service that is slow costs those who ask for another one nothing; an event loop that is busy bounds them all.
 */
export function createOverload(services: readonly string[], metrics?: Metrics, options?: LoadShedderOptions): Overload {
  const shedders = new Map(services.map((service) => [service, createLoadShedder(options)]));
  const loop = watchLoop((milliseconds) => {
    const now = performance.now();
    for (const shedder of shedders.values()) shedder.waited("turn", milliseconds, now);
  }, metrics && countStalls(metrics));
  const count = metrics?.counter("requests_shed_total", "Requests that were refused for overload", [
    "priority",
    "target",
  ]);
  const show = (name: string, help: string, read: (shedder: LoadShedder) => number) =>
    metrics?.gauge(name, help, () => Array.from(shedders, ([target, shedder]) => [{ target }, read(shedder)]), [
      "target",
    ]);
  show("requests_limit", "Requests that are let in at once", (shedder) => shedder.limit());
  show("requests_under_way", "Requests that were let in and are not answered", (shedder) => shedder.underWay());

  return {
    relieve(exchange, { service, timeout, priority }, work, waits = false) {
      if (timeout === 0) return work();
      loop.turn();
      const shedder = shedders.get(service) as LoadShedder;
      const caller = callerOf(exchange);
      if (!shedder.admit(priority, performance.now(), caller)) {
        count?.({ priority, target: service });
        sendFailure(exchange, overloaded);
        return;
      }
      const done = () => shedder.done(caller);
      if (!waits) return ended(work, done);
      done();
      return work();
    },
    waited: (service, milliseconds) => shedders.get(service)?.waited("connection", milliseconds, performance.now()),
    stalledLately: loop.stalledLately,
    close: loop.close,
  };
}

/** Does the work, and tells when it is over, however it ends. */
function ended(work: () => Soon<void>, done: () => void): Soon<void> {
  let working: Soon<void>;
  try {
    working = work();
  } catch (error) {
    done();
    throw error;
  }
  if (!(working instanceof Promise)) {
    done();
    return working;
  }
  return working.then(done, (error: unknown) => {
    done();
    throw error;
  });
}
