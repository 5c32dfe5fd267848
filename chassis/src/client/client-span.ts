import { currentContext, type WorkContext } from "../context/context.ts";
import { startTrace, type TraceContext } from "../context/trace-context.ts";
import type { Attributes } from "../context/tracer.ts";
import type { Call } from "../contract/call.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { inSpan, isRecorded } from "../telemetry/tracing/span.ts";
import { waitingSeconds } from "../telemetry/waiting-seconds.ts";
import type { FailedAttempt } from "./resilience/retry.ts";

type Outcome = { readonly reply: unknown } | FailedAttempt;

/** Makes one attempt; `trace` travels with it. */
type Attempt = (trace: TraceContext) => Promise<Outcome>;

/** Makes an attempt at `instance` as a span of the work in `context`, and counts it. */
export type InClientSpan = (instance: string, context: WorkContext, attempt: Attempt) => Promise<Outcome>;

/** Counts an attempt that took so many seconds, by what came of it: `ok` or the code of its failure. */
export type CountAttempt = (outcome: string, seconds: number) => void;

/** Makes the function that counts the attempts of a call. */
export type CountAttempts = (service: string, name: string) => CountAttempt;

/** Counts attempts at all calls of a process in its metrics. */
export function countAttempts(metrics: Metrics): CountAttempts {
  const help = "Attempts at calls of other services, by what came of them.";
  const seriesOf = metrics.distribution("http_client_request_duration_seconds", help, waitingSeconds);
  return (target, call) => {
    const outcomes = new Map<string, (seconds: number) => void>();
    return (outcome, seconds) => {
      let count = outcomes.get(outcome);
      if (!count) {
        count = seriesOf({ target, call, outcome });
        outcomes.set(outcome, count);
      }
      count(seconds);
    };
  };
}

/** Makes the spans of a call's attempts. */
export function clientSpan(
  { service, name, call }: { service: string; name: string; call: Call },
  count: CountAttempt = () => {},
): InClientSpan {
  const spanName = `${call.method} ${call.path}`;
  const always = {
    "http.request.method": call.method,
    "url.template": call.path,
    "service.peer.name": service,
    "flotilla.call": name,
  };
  return async (instance, context, attempt) => {
    const start = performance.now();
    const outcome = isRecorded(context)
      ? await inSpan(spanName, { kind: "client", attributes: { ...always, ...addressOf(instance) } }, async (span) => {
          const made = await attempt((currentContext() ?? context).trace);
          if ("reply" in made) return made;
          const { failure, sent } = made;
          if (sent) span.set("http.response.status_code", failure.status);
          if (failure.kind !== "refused") span.fail(failure.code);
          return made;
        })
      : await attempt(startTrace(context.trace));
    count("reply" in outcome ? "ok" : outcome.failure.code, (performance.now() - start) / 1_000);
    return outcome;
  };
}

const addresses = new Map<string, Attributes>();
const MOST_ADDRESSES = 1_000;

/** Few instances are called again and again: the address of each is read once. */
function addressOf(instance: string): Attributes {
  const known = addresses.get(instance);
  if (known) return known;
  const { hostname, port } = new URL(instance);
  const address = { "server.address": hostname, "server.port": Number(port || 80) };
  if (addresses.size >= MOST_ADDRESSES) addresses.clear();
  addresses.set(instance, address);
  return address;
}
