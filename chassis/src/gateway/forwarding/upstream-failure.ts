import { answeredByAnother } from "../../client/answers/answers-as.ts";
import { answerTooLarge } from "../../client/answers/exchange.ts";
import { headerOf, type RawHeaders } from "../../client/transports/http/response-head.ts";
import { UpstreamError } from "../../client/transports/http/upstream-error.ts";
import { PROBLEM_MEDIA_TYPE } from "../../contract/problem.ts";
import { Failure, unavailable, upstreamFailed } from "../../core/failure/failure.ts";
import { SERVICE_HEADER } from "../../http/service-header.ts";
import type { Failed } from "./call-instances.ts";

/** What a request without an answer is for the client, and whether it may be sent again. The body's own failure stays what it is. */
export function failedBy(error: Error): Failed {
  if (error instanceof Failure) return { failure: error, fault: "final", told: "unknown" };
  const told = "failed";
  // It came over a connection that it would have held up; the next one goes over its own.
  if (error === answerTooLarge)
    return { failure: upstreamFailed.failure({ cause: error }), fault: "broken", told: "good" };
  const fault = error instanceof UpstreamError ? error.fault : "odd";
  // The service is as it was: only the way to it is full.
  if (fault === "busy") return { failure: unavailable.failure({ retryAfter: 1 }), fault: "final", told: "unknown" };
  if (fault === "unreachable") return { failure: unavailable.failure({ cause: error, retryAfter: 1 }), fault, told };
  return { failure: upstreamFailed.failure({ cause: error }), fault: fault === "broken" ? fault : "final", told };
}

/**
 * What is wrong with an answer that is not for the client, whatever it says: that another service gave it, or that it is the words of a
 * failing process, since services tell of their faults by problems. Undefined when nothing is.
 */
export function unexpected(service: string, status: number, headers: RawHeaders): Failure | undefined {
  const by = headerOf(headers, SERVICE_HEADER);
  if (by !== service) return answeredByAnother(service, by);
  if (status < 500 || headerOf(headers, "content-type")?.startsWith(PROBLEM_MEDIA_TYPE)) return undefined;
  return upstreamFailed.failure({ cause: new Error(`an answer ${status} that is no problem`) });
}
