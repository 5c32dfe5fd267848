import { PROBLEM_MEDIA_TYPE } from "../contract/problem.ts";
import { Failure, unavailable, upstreamFailed } from "../core/failure.ts";
import type { Failed } from "./call-instances.ts";
import { headerOf, type RawHeaders } from "./upstream/response-head.ts";
import { UpstreamError } from "./upstream/upstream-error.ts";

/** What a request without an answer is for the client, and whether it may be sent again. The body's own failure stays what it is. */
export function failedBy(error: Error): Failed {
  if (error instanceof Failure) return { failure: error, fault: "final" };
  const fault = error instanceof UpstreamError ? error.fault : "odd";
  if (fault === "unreachable") return { failure: unavailable.failure({ cause: error, retryAfter: 1 }), fault };
  return { failure: upstreamFailed.failure({ cause: error }), fault: fault === "broken" ? fault : "final" };
}

/** A service tells of its faults by problems; other words of a failing process are not for the client. */
export const isUnexpected = (status: number, headers: RawHeaders): boolean =>
  status >= 500 && !headerOf(headers, "content-type")?.startsWith(PROBLEM_MEDIA_TYPE);

/** The failure that stands for such an answer. */
export const unexpected = (status: number): Failure =>
  upstreamFailed.failure({ cause: new Error(`an answer ${status} that is no problem`) });
