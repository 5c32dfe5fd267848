import { runInContext } from "../../context/context.ts";
import { parseTraceparent, startTrace } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import type { Call } from "../../contract/call.ts";
import type { Cancellation } from "../../core/cancellation.ts";
import { failureFrom } from "../../core/failure/failure.ts";
import type { Priority } from "../../core/load/load-shedder.ts";
import type { Soon } from "../../core/soon.ts";
import { asSpan, isRecorded } from "../../telemetry/tracing/span.ts";
import { Answer } from "../answer.ts";

/** What is known about a request before it is handled. */
export type Incoming = {
  readonly requestId: string;
  readonly tracer: Tracer | undefined;
  /** Milliseconds that the caller waits; 0 is without end. */
  readonly patience: number;
  readonly cancellation: Cancellation;
  readonly priority: Priority;
};

type ServerSpan = <T>(traceparent: string | string[] | undefined, incoming: Incoming, work: () => Soon<T>) => Soon<T>;

/** Makes the function that handles requests of a call in a context of their own: as the server's side of the caller's span. */
export function serverSpan(call: Call): ServerSpan {
  const name = `${call.method} ${call.path}`;
  const attributes = { "http.request.method": call.method, "http.route": call.path, "url.scheme": "http" };
  const success = Number(Object.keys(call.shape.replies).find((status) => Number(status) < 300));
  const options = { kind: "server", attributes, isFailure } as const;

  return (traceparent, { requestId, tracer, patience, cancellation, priority }, work) => {
    const parent = typeof traceparent === "string" ? parseTraceparent(traceparent) : undefined;
    const deadline = patience === 0 ? undefined : performance.now() + patience;
    const context = { requestId, trace: startTrace(parent, tracer?.samples), tracer, cancellation, deadline, priority };
    if (!isRecorded(context)) return runInContext(context, work);
    return asSpan(context, parent?.spanId, name, options, async (span) => {
      try {
        const result = await work();
        span.set(STATUS, result instanceof Answer ? result.status : success);
        return result;
      } catch (error) {
        span.set(STATUS, failureFrom(error).status);
        throw error;
      }
    });
  };
}

const STATUS = "http.response.status_code";

/** What the caller did wrong is no failure of the server. */
const isFailure = (error: unknown): boolean => failureFrom(error).status >= 500;
