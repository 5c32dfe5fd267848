import type { TracingSettings } from "./tracing-settings.ts";

/** Whether a trace that begins here is sampled; by its id alone, so that whoever is asked about it answers alike. */
export type Sampler = (traceId: string) => boolean;

/**
 * The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name. Each is parent-based, called so or not: it is asked only
 * where a trace begins, so that a trace is recorded as a whole or not at all.
 */
export function samplerOf({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: Pick<TracingSettings, "OTEL_TRACES_SAMPLER" | "OTEL_TRACES_SAMPLER_ARG">): Sampler {
  const kind = name.replace("parentbased_", "");
  if (kind === "always_on") return () => true;
  if (kind === "always_off") return () => false;
  return byRatio(ratio);
}

const RANDOM_DIGITS = 8;

/** The last 32 bits of a trace id are random (W3C Trace Context, level 2), so a ratio of them is a ratio of traces. */
function byRatio(ratio: number): Sampler {
  const bound = Math.round(ratio * 16 ** RANDOM_DIGITS);
  return (traceId) => Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) < bound;
}
