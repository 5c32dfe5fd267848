import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import createRouter from "find-my-way";
import { canMultiplex } from "../../client/transports/multiplex/can-multiplex.ts";
import { linesOf } from "../../client/transports/multiplex/frame.ts";
import { parseJson } from "../../contract/validation/json.ts";
import type { Cancellation } from "../../core/cancellation.ts";
import { failureFrom, invalidInput, notFound, unavailable, unsupportedMediaType } from "../../core/failure/failure.ts";
import { bodyTooLarge, DEFAULT_BODY_LIMIT } from "../../http/body-limit.ts";
import { refuseEncoded } from "../../http/content-encoding.ts";
import { malformedRequest } from "../../http/malformed.ts";
import { isSingle } from "../../http/request-headers.ts";
import { requestIdOf } from "../../http/request-id.ts";
import type { Log } from "../../telemetry/log.ts";
import type { CountRequest, RequestCounter } from "../calls/count-requests.ts";
import type { Asking } from "../calls/priority.ts";
import { problemReply, type Reply } from "../calls/reply.ts";
import { routerPath } from "../calls/routes.ts";
import type { ServedCall } from "../calls/served-call.ts";
import type { Gate } from "../http/gate.ts";

/** A request as it came over a multiplexed connection. */
export type MultiplexedRequest = {
  readonly head: string;
  /** Good only until the request is begun; undefined when it is larger than any may be. */
  readonly body: Buffer | undefined;
  readonly socket: Socket;
  readonly cancellation: Cancellation;
};

/** Takes the reply; tells whether anybody waited for it. Throws for one that can't be sent. */
export type OnReply = (reply: Reply) => boolean;

/** Answers a request: gives `onReply` one that it takes, at once or later. Never throws. */
export type AnswerRequest = (request: MultiplexedRequest, onReply: OnReply) => void;

type Route = { readonly served: ServedCall; readonly bodyLimit: number; readonly count: CountRequest };
type Found = { readonly route: Route; readonly params: unknown; readonly query: unknown };

/** Makes what answers requests by the calls of a service: after the same checks, in the same order and with the same words as over HTTP. */
export function answerRequests(
  calls: readonly ServedCall[],
  around: { readonly gate: Gate; readonly log: Log; readonly counterOf: RequestCounter },
): AnswerRequest {
  const { gate, log } = around;
  const find = routerOf(calls, around.counterOf);
  const countUnmatched = around.counterOf("any", "unmatched");

  return (request, onReply) => {
    const began = performance.now();
    const asking = readHead(request.head);
    const requestId = requestIdOf(asking.headers);
    const admitted = gate.admit(asking);
    if (!admitted) {
      onReply(problemReply(unavailable.failure({ retryAfter: 1 }), requestId, log));
      return;
    }
    let route: Route | undefined;
    const end = (reply: Reply): void => {
      const wasAwaited = onReply(reply);
      admitted.done();
      if (wasAwaited) (route?.count ?? countUnmatched)(reply.status, (performance.now() - began) / 1_000);
    };
    const fail = (error: unknown): void => end(problemReply(failureFrom(error), requestId, log));
    try {
      if (request.body === undefined) throw bodyTooLarge();
      if (asking.isAmbiguous) throw malformedRequest.failure();
      const found = find(asking);
      route = found.route;
      const { served, bodyLimit } = route;
      const { headers } = asking;
      const { socket, cancellation } = request;
      const body = asking.method === "GET" ? undefined : readBody(request.body, headers, bodyLimit);
      const { params, query } = found;
      const { since, priority } = admitted;
      const waited = performance.now() - since;
      served
        .serve({
          ...{ requestId, params, query, headers, body, socket, cancellation, waited, priority },
          letGo: admitted.done,
        })
        .then((result) => {
          try {
            end(served.reply(result));
          } catch (error) {
            fail(error);
          }
        }, fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** Finds the route of a request; throws `not_found`, and `invalid_input` for a path with bad escapes or too long a parameter. */
function routerOf(calls: readonly ServedCall[], counterOf: RequestCounter): (asking: Asking) => Found {
  const bad = () => {};
  const router = createRouter({ caseSensitive: true, maxParamLength: 200, onBadUrl: bad, onMaxParamLength: bad });
  for (const served of calls.filter(({ call }) => canMultiplex(call))) {
    const { method, path, shape } = served.call;
    const url = routerPath(path);
    const route: Route = {
      served,
      bodyLimit: shape.bodyLimit ?? DEFAULT_BODY_LIMIT,
      count: counterOf(method, url),
    };
    router.on(method, url, () => {}, route);
  }
  return ({ method, url = "" }) => {
    const found = router.find(method as "GET", url);
    if (!found) throw notFound.failure();
    if (found.store === null) throw invalidInput.failure();
    return { route: found.store as Route, params: found.params, query: found.searchParams };
  };
}

/** Of what is there more than once node:http takes the first of these, and joins the others. */
const FIRST = new Set([
  ...["age", "etag", "expires", "from", "if-modified-since", "if-unmodified-since", "last-modified", "location"],
  ...["max-forwards", "proxy-authorization", "referer", "retry-after", "server", "user-agent"],
]);

function readHead(head: string): Required<Asking> & { readonly isAmbiguous: boolean } {
  const [method = "", url = "", ...pairs] = linesOf(head);
  const headers: IncomingHttpHeaders = Object.create(null);
  let isAmbiguous = pairs.length % 2 === 1;
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at] as string;
    const value = pairs[at + 1];
    const before = headers[name];
    isAmbiguous ||= before !== undefined && isSingle(name);
    if (before === undefined) headers[name] = value;
    else if (!FIRST.has(name)) headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return { method, url, headers, isAmbiguous };
}

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;

function readBody(body: Buffer, headers: IncomingHttpHeaders, limit: number): unknown {
  const type = headers["content-type"];
  if (type === undefined && body.length === 0) return undefined;
  if (type === undefined || !JSON_TYPE.test(type)) throw unsupportedMediaType.failure();
  if (body.length > limit) throw bodyTooLarge();
  refuseEncoded(headers);
  return body.length === 0 ? undefined : parseJson(body);
}
