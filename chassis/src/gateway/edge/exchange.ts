import type { IncomingMessage, ServerResponse } from "node:http";
import { atEndOfTurn } from "../../client/transports/http/end-of-turn.ts";
import { startTrace, type TraceContext } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import { problemHeaders, problemOf } from "../../contract/problem.ts";
import type { Failure } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import { networkOfAddress } from "../../http/ip-address.ts";
import { endsConnection } from "../../http/malformed.ts";
import { answerHeaders, DATA_POLICY } from "../forwarding/response-headers.ts";
import { discardRequestBody } from "./discard.ts";

/** One request and its answer, with what is known about them so far. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Takes the spans of this exchange; undefined when they are not wanted. */
  readonly record: Tracer["record"];
  /** Where the client is. */
  readonly clientAddress: string;
  /** On the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** The path as its contract writes it; undefined when no route fits. */
  route: string | undefined;
  userId: string | undefined;
  /** Who is to pay for what it costs: a user, or an address; undefined until that is known. */
  sender: string | undefined;
  /** What the request's body costs to be read, in bytes. */
  bodyCost: number;
  /** Headers for whatever answer comes, as `[name, value, …]`. */
  readonly headers: string[];
  /** Whether the client waits for `100 Continue` before it sends its body. */
  awaitsContinue: boolean;
  /** Whether the gateway is stopping, so that connections end with the answer. */
  readonly stopping: () => boolean;
};

/** Begins an exchange: a request id and a trace of our own, whatever the client sent. */
export function beginExchange(
  request: IncomingMessage,
  response: ServerResponse,
  clientAddress: string,
  stopping: () => boolean,
  tracer?: Tracer,
): Exchange {
  const trace = startTrace(undefined, tracer?.samples);
  return {
    request,
    response,
    stopping,
    clientAddress,
    requestId: newId(),
    trace,
    record: trace.sampled ? tracer?.record : undefined,
    startedAt: performance.now(),
    route: undefined,
    userId: undefined,
    sender: undefined,
    bodyCost: 0,
    headers: [],
    awaitsContinue: false,
  };
}

/** Who has to share with others what there is: a user, or all who are not signed in at an address. */
export const callerOf = ({ userId, clientAddress }: Exchange): string => userId ?? networkOfAddress(clientAddress);

/** Sends the head of the answer. `close` ends the connection after it. */
export function sendHead(exchange: Exchange, status: number, headers: readonly string[], close = false): void {
  const { requestId, response, awaitsContinue, stopping } = exchange;
  const ends = close || awaitsContinue || stopping();
  response.writeHead(status, [...answerHeaders(requestId, ends), ...exchange.headers, ...headers]);
}

/** Answers with a whole body. */
export function sendBody(
  exchange: Exchange,
  status: number,
  headers: readonly string[],
  body: Buffer,
  close = false,
): void {
  discardRequestBody(exchange.request);
  sendHead(exchange, status, [...headers, "content-length", String(body.length)], close);
  atEndOfTurn(() => exchange.response.end(body));
}

/** Answers with JSON. */
export function sendJson(exchange: Exchange, status: number, value: unknown): void {
  const headers = [...DATA_POLICY, "content-type", "application/json; charset=utf-8", "cache-control", "no-store"];
  sendBody(exchange, status, headers, Buffer.from(JSON.stringify(value)));
}

/** Answers with the problem that stands for the failure; when an answer has begun already, it is cut off. */
export function sendFailure(exchange: Exchange, failure: Failure): void {
  const { response, requestId } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problemOf(failure, requestId)));
  const headers = [...DATA_POLICY, ...Object.entries(problemHeaders(failure)).flat()];
  sendBody(exchange, failure.status, headers, body, endsConnection(failure));
}
