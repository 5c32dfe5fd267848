import { Failure, unavailable, upstreamFailed } from "../../core/failure/failure.ts";
import { answerTooLarge } from "./exchange.ts";
import { outsideContract } from "./outside-contract.ts";

/**
 * What an exchange without an answer means: the deadline's own failure when it ended it, `unavailable` when nothing was sent,
 * else `upstream_failed`: as a bug when the answer was too large, as an outage when the connection broke, for then the
 * outcome is unknown.
 */
export function failureOfExchange(error: unknown, sent: boolean): Failure {
  if (error instanceof Failure) return error;
  if (!sent) return unavailable.failure({ cause: error });
  if (error === answerTooLarge) return outsideContract("the answer is too large", error);
  return upstreamFailed.failure({ cause: error });
}
