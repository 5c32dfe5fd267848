import { type Failure, upstreamFailed } from "../../core/failure/failure.ts";
import { SERVICE_HEADER } from "../../http/service-header.ts";
import { headerOf, onlyHeaderOf } from "../transports/http/response-head.ts";
import type { HttpAnswer } from "./exchange.ts";
import type { AnswerReader } from "./read-answer.ts";

/** The failure of an answer that did not come from the service that was asked: an outage of that service, `upstream_failed`. */
export const answeredByAnother = (service: string, by: string | undefined): Failure =>
  upstreamFailed.failure({
    cause: new Error(`${by?.slice(0, 100) ?? "somebody unknown"} answered in place of ${service}`),
  });

/** Whether an answer says that it is from `service`. */
export const isFrom = (service: string, { headers }: Pick<HttpAnswer, "headers">): boolean =>
  onlyHeaderOf(headers, SERVICE_HEADER) === service;

/**
 * Reads only answers that say they are from `service`. What another one says in its place (at an address that it took over, or that the
 * registry mixed up) is nobody's answer, however well it fits.
 */
export const answersAs =
  (service: string, read: AnswerReader): AnswerReader =>
  (answer) => {
    if (!isFrom(service, answer)) throw answeredByAnother(service, headerOf(answer.headers, SERVICE_HEADER));
    return read(answer);
  };
