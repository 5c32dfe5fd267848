import type { IncomingMessage, ServerResponse } from "node:http";
import { problemHeaders, problemOf } from "../contract/problem.ts";
import type { Failure } from "../core/failure/failure.ts";
import { malformedRequest } from "./malformed.ts";
import { readHeaders } from "./request-headers.ts";
import { requestIdOf } from "./request-id.ts";
import { type OnRequest, takeNoMore } from "./server.ts";
import { SERVICE_HEADER } from "./service-header.ts";

/** What a server does with a request. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Refuses what another reader could take for something else, before anything else is done with it, whatever it asks for: a header given
 * twice that can only be there once, two `Host`s among them, a target in absolute form, and an upgrade. The connection ends with the answer, and
 * nothing that came behind such a request is handled.
 */
export const refuseAmbiguous =
  (handle: Handle, service: string): OnRequest =>
  (request, response, awaitsContinue) => {
    if (isAmbiguous(request)) {
      takeNoMore(request);
      response.setHeader("connection", "close");
      refuseEarly(request, response, { failure: malformedRequest.failure(), service });
      return;
    }
    if (awaitsContinue) response.writeContinue();
    handle(request, response);
  };

/** Whether two readers could take a request for two things. */
function isAmbiguous(request: IncomingMessage): boolean {
  if (!request.url?.startsWith("/")) return true;
  try {
    readHeaders(request);
    return false;
  } catch {
    return true;
  }
}

/** Answers a request that nothing else is done with. */
export function refuseEarly(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { failure, service }: { readonly failure: Failure; readonly service: string },
): void {
  const body = Buffer.from(JSON.stringify(problemOf(failure, requestIdOf(headers))));
  const all = { ...problemHeaders(failure), "content-length": body.length, [SERVICE_HEADER]: service };
  response.writeHead(failure.status, all).end(body);
}
