import { randomHex } from "../core/random-hex.ts";

/** Where in which trace work happens (W3C Trace Context, level 1). Ids are lower-case hex: 32 and 16 characters. */
export type TraceContext = { traceId: string; spanId: string; sampled: boolean };

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const ZEROES = /^0+$/;

/** Reads a `traceparent` header; undefined when there is none or it is not valid. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header ?? "") ?? [];
  if (!traceId || !spanId || !flags || ZEROES.test(traceId) || ZEROES.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const formatTraceparent = (trace: TraceContext): string =>
  `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;

/**
 * A new span in the parent's trace, which also says whether it is sampled; without a parent the first span of a new trace, sampled
 * if `samples` says so (default: it is).
 */
export function startTrace(parent?: TraceContext, samples?: (traceId: string) => boolean): TraceContext {
  const spanId = randomHex(8);
  if (parent) return { traceId: parent.traceId, spanId, sampled: parent.sampled };
  const traceId = randomHex(16);
  return { traceId, spanId, sampled: samples === undefined || samples(traceId) };
}
