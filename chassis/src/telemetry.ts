/* Logs and spans, and the context that travels with calls, messages and work that is kept for later. */
export { currentTraceparent, goOn } from "./context/context.ts";
export { createLog, type Log } from "./telemetry/log.ts";
export { inSpan, type Span, type SpanOptions } from "./telemetry/tracing/span.ts";
