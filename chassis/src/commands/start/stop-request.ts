import { type Clock, systemClock } from "../../core/clock.ts";
import type { Environment } from "../../core/configuration/environment.ts";

/** That somebody wants everything to stop, and perhaps quickly. */
export type StopRequest = {
  /** Aborted by the first request. */
  readonly signal: AbortSignal;
  /** Resolves with the first request. */
  readonly requested: Promise<void>;
  /** Aborted by the second. */
  readonly hurry: AbortSignal;
};

/** npm passes on a Ctrl-C that the terminal has sent to us already: what comes this soon after is the same key press. */
const SAME_KEY_PRESS = 700;

/**
 * Listens for Ctrl-C, SIGTERM and a terminal that closes; under npm also for its end, since npm that was killed can't pass
 * anything on.
 */
export function listenForStop(environment: Environment, clock: Clock = systemClock): StopRequest {
  const stop = new AbortController();
  const hurry = new AbortController();
  const requested = Promise.withResolvers<void>();
  let first: number | undefined;
  const request = () => {
    if (first !== undefined && clock.monotonic() - first > SAME_KEY_PRESS) hurry.abort();
    if (first !== undefined) return;
    first = clock.monotonic();
    stop.abort(new Error("stopped before it was ready"));
    requested.resolve();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, request);
  if (environment["npm_lifecycle_event"]) watchParent(request);
  return {
    signal: stop.signal,
    requested: requested.promise,
    hurry: hurry.signal,
  };
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, 1_000);
  timer.unref();
}
