import { AsyncLocalStorage } from "node:async_hooks";
import type { Cancellation } from "../core/cancellation.ts";
import { newId } from "../core/id.ts";
import type { Priority } from "../core/load/load-shedder.ts";
import { formatTraceparent, parseTraceparent, startTrace, type TraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

/** What travels with a piece of work: through calls, messages and sagas, and into every log line. */
export type WorkContext = {
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Whether the trace begins with the next span, so that it has none above it. */
  readonly begins?: boolean | undefined;
  /** Takes the spans of the work, if its trace is sampled. */
  readonly tracer?: Tracer | undefined;
  /** Whether it is refused last where there is too much to do. */
  readonly priority?: Priority | undefined;
  /** When the caller stops waiting, on the monotonic clock in milliseconds. Absent: nobody waits. */
  readonly deadline?: number | undefined;
  /** Tells when the deadline passes or the caller goes away. */
  readonly cancellation?: Cancellation | undefined;
};

const storage = new AsyncLocalStorage<WorkContext>();

/** The context of the work under way; undefined outside any. */
export const currentContext = (): WorkContext | undefined => storage.getStore();

/** Does `work` as if nobody had asked for it: what serves all requests belongs to none. */
export const runOutsideContext = <T>(work: () => T): T => storage.exit(work);

/** Does `work` in `context`; everything it calls and awaits sees it. */
export const runInContext = <T>(context: WorkContext, work: () => T): T => storage.run(context, work);

/**
 * A context for work that nobody asked for just now: a timer, a worker, a resumed saga. With `parent` it goes on in that span, without
 * it begins a trace. Spans go where those of the work under way go, unless another tracer is given; where there is none the trace is not
 * sampled: nobody records its beginning.
 */
export function newContext(
  known: { requestId?: string | undefined; parent?: TraceContext | undefined; tracer?: Tracer | undefined } = {},
): WorkContext {
  const tracer = known.tracer ?? currentContext()?.tracer;
  const trace = known.parent ?? startTrace(undefined, tracer?.samples ?? never);
  return { requestId: known.requestId ?? newId(), trace, begins: !known.parent, tracer };
}

const never = () => false;

/** Where the work under way is in its trace, as text: to be stored with what is to be done later. Empty outside any work. */
export function currentTraceparent(): string {
  const context = currentContext();
  return context ? formatTraceparent(context.trace) : "";
}

/** Goes on with what was stored for later: as a part of the trace that it was stored in. */
export function goOn<T>(stored: { traceparent: string; requestId?: string }, work: () => T): T {
  const parent = parseTraceparent(stored.traceparent);
  const { requestId } = stored;
  return parent ? runInContext(newContext({ parent, requestId }), work) : work();
}
