import { currentContext, runInContext, type WorkContext } from "../../context/context.ts";
import { startTrace } from "../../context/trace-context.ts";
import type { Attributes, SpanKind, Tracer } from "../../context/tracer.ts";
import { Failure } from "../../core/failure/failure.ts";

export type SpanOptions = {
  /** Default: `internal`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Whether what the work threw is a failure of this span. Default: everything is. */
  readonly isFailure?: (error: unknown) => boolean;
};

/** The span of the work under way. Without anybody who wants it, it keeps nothing. */
export type Span = {
  set(name: string, value: string | number | boolean): void;
  /** Says that the work failed although it throws nothing; `type` is a word such as `deadline_exceeded`. */
  fail(type: string): void;
};

/**
 * Does `work` as a span of the work under way: its logs, its calls and the spans within belong to it. Outside any work, and in
 * traces that are not sampled, it does nothing but the work.
 */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T {
  const context = currentContext();
  if (!isRecorded(context)) return work(NOWHERE);
  const child = { ...context, trace: startTrace(context.trace), begins: false };
  return recordSpan(child, context.begins ? undefined : context.trace.spanId, name, options, work);
}

/** Does `work`, which came from elsewhere or begins by itself, as the span that `context` names, with `parentId` above it. */
export function asSpan<T>(
  context: WorkContext,
  parentId: string | undefined,
  name: string,
  options: SpanOptions,
  work: (span: Span) => T,
): T {
  if (!isRecorded(context)) return runInContext(context, () => work(NOWHERE));
  return recordSpan({ ...context, begins: false }, parentId, name, options, work);
}

type Recorded = WorkContext & { readonly tracer: { readonly record: NonNullable<Tracer["record"]> } };

/** Whether somebody takes the spans of this work. */
export const isRecorded = (context: WorkContext | undefined): context is Recorded =>
  context?.trace.sampled === true && context.tracer?.record !== undefined;

/** When something began and ended, in milliseconds since 1970 with fractions. */
export type Period = { readonly start: number; readonly end: number };

/** Begins a period now; the function ends it. It begins by the wall clock and is as long as the monotonic clock says, whatever is set meanwhile. */
export function beginPeriod(): () => Period {
  const begun = performance.now();
  const start = wallTime();
  return () => ({ start, end: start + (performance.now() - begun) });
}

/** The period from a time of the monotonic clock, in milliseconds, until now. */
export function periodSince(begun: number): Period {
  const length = performance.now() - begun;
  const start = wallTime() - length;
  return { start, end: start + length };
}

/** Milliseconds since 1970 with fractions, in step with the monotonic clock for seconds at a time. */
function wallTime(): number {
  const now = performance.now();
  if (now - anchoredAt > 10_000) {
    anchoredAt = now;
    offset = Date.now() - now;
  }
  return offset + now;
}

let anchoredAt = Number.NEGATIVE_INFINITY;
let offset = 0;

const NOWHERE: Span = { set() {}, fail() {} };

function recordSpan<T>(
  context: WorkContext,
  parentId: string | undefined,
  name: string,
  { kind = "internal", attributes, isFailure = () => true }: SpanOptions,
  work: (span: Span) => T,
): T {
  const { trace, tracer } = context as Recorded;
  const said: Record<string, string | number | boolean> = { ...attributes };
  let failed = false;
  const endPeriod = beginPeriod();
  const end = (): void => tracer.record({ name, kind, trace, parentId, ...endPeriod(), attributes: said, failed });
  const fail = (type: string): void => {
    failed = true;
    said["error.type"] = type;
  };
  const endWith = (error: unknown): never => {
    if (isFailure(error)) fail(typeOf(error));
    end();
    throw error;
  };
  const span: Span = {
    set(attribute, value) {
      said[attribute] = value;
    },
    fail,
  };
  let result: T;
  try {
    result = runInContext(context, () => work(span));
  } catch (error) {
    return endWith(error);
  }
  if (!(result instanceof Promise)) {
    end();
    return result;
  }
  return result.then((value) => {
    end();
    return value;
  }, endWith) as T;
}

/** A word for what went wrong. What an error says may hold anything, and so stays in the log. */
function typeOf(error: unknown): string {
  try {
    return error instanceof Failure ? error.code : error instanceof Error ? String(error.name) : "unknown";
  } catch {
    return "unknown";
  }
}
