import { deadlineExceeded, Failure, unavailable } from "./failure.ts";
import { errorFrom } from "./thrown.ts";

/** Codes of errors of node:net, node:dns, node:http, undici and fetch that say: there was no answer. */
const codes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ENOTCONN", "ESHUTDOWN", "EADDRNOTAVAIL", "ERR_NETWORK"],
  ...["EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "ENETRESET", "EMFILE", "ENFILE", "ENOBUFS"],
  ...[
    "ENOTFOUND",
    "EAI_AGAIN",
    "EAI_FAIL",
    "EAI_NODATA",
    "EAI_NONAME",
    "ENODATA",
    "ESERVFAIL",
    "EREFUSED",
    "ECANCELLED",
  ],
  ...["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ERR_SOCKET_CLOSED", "HPE_INVALID_EOF_STATE"],
  ...["ERR_HTTP2_STREAM_ERROR", "ERR_HTTP2_SESSION_ERROR", "ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION"],
  ...["ERR_HTTP2_STREAM_CANCEL", "UND_ERR_SOCKET", "UND_ERR_CLOSED", "UND_ERR_DESTROYED", "UND_ERR_ABORTED"],
  ...["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "UND_ERR_REQ_RETRY", "UND_ERR_RESPONSE", "ABORT_ERR"],
]);

const timeouts = new Set([
  ...["ETIMEDOUT", "ETIMEOUT", "ESOCKETTIMEDOUT", "ERR_SOCKET_CONNECTION_TIMEOUT", "ERR_HTTP_REQUEST_TIMEOUT"],
  ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"],
]);

/**
 * SQLSTATE classes and codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) after which the same statement may succeed: lost
 * connections, too few resources, an operator's doing, a failed system, conflicts, locks that others hold, a server that only reads.
 */
const sqlStates = /^(?:08...|53...|57...|58...|40001|40P01|55P03|25006)$/;

/** What pg says without a code. */
const driverMessages = new Set([
  ...["Connection terminated", "Connection terminated unexpectedly", "Connection terminated due to connection timeout"],
  ...["timeout exceeded when trying to connect", "timeout expired", "Query read timeout"],
  ...["Client has encountered a connection error and is not queryable", "Client was closed and is not queryable"],
]);

const DEEPEST = 8;

/**
 * The outage that an error tells of: `deadline_exceeded` or `unavailable`, with the error as its cause; undefined for every other error,
 * such as a defect in the code that threw. Knows the errors of fetch, undici, node's net, dns and http, pg, and of an aborted signal, also as
 * the cause of another error. A {@link Failure} says itself what it is.
 */
export function outageFrom(thrown: unknown): Failure | undefined {
  const error = errorFrom(thrown);
  if (error instanceof Failure) return error.kind === "unavailable" ? error : undefined;
  const found = outageIn(error, DEEPEST);
  if (found instanceof Failure) return found;
  return found && (found === "late" ? deadlineExceeded : unavailable).failure({ cause: error });
}

function outageIn(thrown: unknown, deepest: number): "late" | "away" | Failure | undefined {
  if (deepest === 0 || thrown === undefined || thrown === null) return undefined;
  const error = errorFrom(thrown) as Error & { code?: unknown; errors?: unknown };
  if (error instanceof Failure) return error.kind === "unavailable" ? error : undefined;
  const code = typeof error.code === "string" ? error.code : "";
  if (error.name === "TimeoutError" || timeouts.has(code)) return "late";
  if (error.name === "AbortError" || codes.has(code) || isDatabaseOutage(error, code)) return "away";
  // Several addresses of one host were tried.
  const [first] = Array.isArray(error.errors) ? error.errors : [];
  return outageIn(error.cause, deepest - 1) ?? outageIn(first, deepest - 1);
}

/** The errors of pg's server have a severity: what else has a code of five characters means something else by it. */
const isDatabaseOutage = (error: Error & { severity?: unknown }, code: string): boolean =>
  code === "" ? driverMessages.has(error.message) : error.severity !== undefined && sqlStates.test(code);
