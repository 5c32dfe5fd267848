import { type Failure, type FailureDefinition, refusal } from "../core/failure/failure.ts";

export const malformedRequest = refusal("malformed_request", 400, "The request is not well-formed HTTP");
export const requestTimeout = refusal("request_timeout", 408, "The request did not arrive in time");
export const headersTooLarge = refusal("headers_too_large", 431, "The headers are too large");

const closing: readonly FailureDefinition[] = [malformedRequest, requestTimeout, headersTooLarge];

/** Whether the connection has to end after this answer: whoever sends this may mean something else than we read. */
export const endsConnection = (failure: Failure): boolean => closing.some((definition) => definition.is(failure));

/** What became of a request that node:http could not read. */
export function failureOfParser(code: string | undefined): Failure {
  if (code === "HPE_HEADER_OVERFLOW") return headersTooLarge.failure();
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return requestTimeout.failure();
  return malformedRequest.failure();
}
