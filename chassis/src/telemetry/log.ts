import { type DestinationStream, type Logger, pino } from "pino";
import { currentContext } from "./context.ts";

/** Structured log: `log.info({ orderId }, "order placed")`. JSON lines, with request, trace and span id of the work under way. */
export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "level">;

const secrets = [
  "password",
  "token",
  "accessToken",
  "refreshToken",
  "authorization",
  "cookie",
  "secret",
  "privateKey",
  "card",
];

/** Makes the log of a service. Fields that hold secrets are replaced, one level down as well. */
export function createLog(options: { service: string; level: string; destination?: DestinationStream }): Log {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], censor: "[redacted]" },
      mixin() {
        const context = currentContext();
        if (!context) return {};
        return { requestId: context.requestId, traceId: context.trace.traceId, spanId: context.trace.spanId };
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false }),
  );
}
