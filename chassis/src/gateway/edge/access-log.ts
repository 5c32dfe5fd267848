import { infoLines, type Log } from "../../telemetry/log.ts";
import type { Exchange } from "./exchange.ts";

/** The status in the log of a request whose client left before the answer began. */
const CLIENT_LEFT = 499;

/** Writes one line when an exchange is over. */
export type AccessLog = (exchange: Exchange) => void;

/**
 * One line for each exchange: method, route, status, duration in milliseconds, and whose request it was. Never a body, a query, a
 * path or a header: they may hold secrets.
 */
export function accessLog(log: Log): AccessLog {
  const write = infoLines(log);
  return ({ request, response, route = "unmatched", requestId, trace, userId, startedAt }) => {
    const status = response.headersSent ? response.statusCode : CLIENT_LEFT;
    const duration = Math.round((performance.now() - startedAt) * 10) / 10;
    const user = userId === undefined ? "" : `,"userId":${JSON.stringify(userId)}`;
    const cutOff = response.writableFinished ? "" : ',"cutOff":true';
    // Methods are words of HTTP, routes are ours, ids are hexadecimal: none of them has to be escaped.
    write(
      `"method":"${request.method}","route":"${route}","status":${status},"duration":${duration}${user},"requestId":"${requestId}","traceId":"${trace.traceId}"${cutOff},"msg":"request"`,
    );
  };
}
