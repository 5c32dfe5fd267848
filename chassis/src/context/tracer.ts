import type { TraceContext } from "./trace-context.ts";

/** `server`, `client`: the two sides of a call. `producer`, `consumer`: those of a message. `internal`: within a process. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** What is said about a span, by the names of OpenTelemetry's semantic conventions. Never a secret, a path, a query or a body. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span that has ended. Times are milliseconds since 1970, with fractions. */
export type EndedSpan = {
  readonly name: string;
  readonly kind: SpanKind;
  readonly trace: TraceContext;
  /** The span that it is a part of; undefined for the root of a trace. */
  readonly parentId: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** Whether the work failed; why is in the attribute `error.type`. */
  readonly failed: boolean;
};

/** Decides which traces are recorded, and takes their spans. */
export type Tracer = {
  /** Whether a trace that begins here is recorded. Asked once for each trace: whatever follows keeps to it. */
  samples(traceId: string): boolean;
  /** Takes a span that has ended. Never throws and never waits. Absent: nobody wants spans here. */
  readonly record?: ((span: EndedSpan) => void) | undefined;
};
