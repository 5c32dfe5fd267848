import type { Log } from "../telemetry/log.ts";
import type { Exchange } from "./exchange.ts";

/** The status in the log of a request whose client left before the answer began. */
const CLIENT_LEFT = 499;

/**
 * Writes one line when the exchange is over: method, route, status, duration in milliseconds, and whose request it was. Never a
 * body, a query, a path or a header: they may hold secrets.
 */
export function logExchange(
  log: Log,
  { request, response, route, requestId, trace, userId, startedAt }: Exchange,
): void {
  log.info(
    {
      method: request.method,
      route: route ?? "unmatched",
      status: response.headersSent ? response.statusCode : CLIENT_LEFT,
      duration: Math.round((performance.now() - startedAt) * 10) / 10,
      userId,
      requestId,
      traceId: trace.traceId,
      ...(response.writableFinished ? {} : { cutOff: true }),
    },
    "request",
  );
}
