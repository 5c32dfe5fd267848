import { fstatSync } from "node:fs";
import { type DestinationStream, type Logger, pino } from "pino";
import { currentContext } from "../context/context.ts";

/** Structured log: `log.info({ orderId }, "order placed")`. JSON lines, with request, trace and span id of the work under way. */
export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "level">;

const secrets: ReadonlySet<string> = new Set([
  "password",
  "token",
  "accessToken",
  "refreshToken",
  "authorization",
  "cookie",
  "secret",
  "privateKey",
  "card",
]);

export type LogOptions = {
  readonly service: string;
  readonly level: string;
  readonly destination?: DestinationStream;
  /** Names of fields that tell who somebody is; they are replaced like secrets. */
  readonly personal?: ReadonlySet<string>;
  /** Write lines in batches, at the latest after so many milliseconds: for whoever writes a line for each request. */
  readonly gather?: number;
};

/** Makes the log of a service. Fields that hold secrets are replaced, one level down as well. */
export function createLog({ service, level, destination, gather, personal = new Set() }: LogOptions): Log {
  const hidden = secrets.union(personal);
  return pino(
    {
      level,
      base: { service },
      timestamp: isoTime(),
      serializers: { err: loggedError },
      formatters: { level: (label) => ({ level: label }), log: (fields) => lineFields(fields, hidden) },
      mixin() {
        const context = currentContext();
        if (!context) return {};
        return { requestId: context.requestId, traceId: context.trace.traceId, spanId: context.trace.spanId };
      },
    },
    destination ?? standardOutput(gather),
  );
}

function standardOutput(gather: number | undefined): DestinationStream {
  if (gather === undefined) return pino.destination({ dest: 1, sync: false });
  // A batch goes into a file faster than to the thread that would write it; a pipe may be full, and nobody shall wait for it.
  const sync = fstatSync(1).isFile();
  const stream = pino.destination({ dest: 1, sync, minLength: 8 * 1024, periodicFlush: gather });
  // What a process said last tells why it ended. The asynchronous one does so by itself.
  if (sync) process.once("exit", () => stream.flushSync());
  return stream;
}

/**
 * Writes lines of level info past everything that makes a line general: `fields` are JSON without braces, hold no secret, and belong
 * to no work under way. For whoever writes a line for each request and would pay a tenth of the request for it.
 */
export function infoLines(log: Log): (fields: string) => void {
  const { symbols } = pino;
  const inner = log as unknown as Record<symbol, unknown>;
  const stream = inner[symbols.streamSym] as DestinationStream;
  const bindings = inner[symbols.chindingsSym] as string;
  const time = isoTime();
  return (fields) => {
    if (infoLevels.has(log.level)) stream.write(`{"level":"info"${time()}${bindings},${fields}}\n`);
  };
}

/** An id as a line may hold it without being escaped; undefined for anything else. */
export const loggableId = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\w.:~-]{1,100}$/.test(value) ? value : undefined;

const infoLevels: ReadonlySet<string> = new Set(["trace", "debug", "info"]);

/** The wall clock as pino wants it; a millisecond is written down once, however many lines it has. */
function isoTime(): () => string {
  let at = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** What is told of an error, whatever its driver hung onto it: rows, parameters and answers of others are not for the log. */
const TOLD = new Set(["type", "message", "stack", "code", "kind", "status", "syscall", "constraint", "table"]);

/** An error as it is logged, with those behind it. */
function toldError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const told = Object.fromEntries(Object.entries(pino.stdSerializers.err(error)).filter(([name]) => TOLD.has(name)));
  return error instanceof AggregateError ? { ...told, aggregateErrors: error.errors.map(loggedError) } : told;
}

/** What was thrown may throw itself when it is looked at; the line is written all the same. */
function loggedError(error: unknown): unknown {
  try {
    return toldError(error);
  } catch {
    return { type: "unknown", message: "something that can't be shown" };
  }
}

/** What each line has by itself: a field of that name would be there twice, and readers take one or the other. */
const OWN = new Set(["level", "time", "service", "msg"]);

/** The fields of a line without secrets, and none of them under a name that the line has already. */
function lineFields(fields: Record<string, unknown>, hidden: ReadonlySet<string>): Record<string, unknown> {
  const clean = withoutSecrets(fields, hidden);
  for (const name in clean) {
    if (!OWN.has(name)) continue;
    return Object.fromEntries(Object.entries(clean).map(([name, value]) => [OWN.has(name) ? `${name}_` : name, value]));
  }
  return clean;
}

/** The fields of a line with secrets replaced; the same object when it has none, as nearly always. */
function withoutSecrets(
  fields: Record<string, unknown>,
  hidden: ReadonlySet<string>,
  depth = 0,
): Record<string, unknown> {
  let clean = fields;
  for (const name in fields) {
    const value = fields[name];
    const shown = hidden.has(name)
      ? "[redacted]"
      : depth === 0 && isPlain(value)
        ? withoutSecrets(value, hidden, 1)
        : value;
    if (shown === value) continue;
    if (clean === fields) clean = { ...fields };
    clean[name] = shown;
  }
  return clean;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error);
