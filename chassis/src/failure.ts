/* What calls, events and steps fail with: a closed set of codes, and whether it is worth trying again. */

export { idempotencyKeyReused } from "./contract/idempotency-key.ts";
export {
  deadlineExceeded,
  Failure,
  type FailureDefinition,
  type FailureDetails,
  type FailureKind,
  type FieldError,
  failureFrom,
  forbidden,
  internalError,
  invalidInput,
  notFound,
  outage,
  preconditionFailed,
  rateLimited,
  refusal,
  tokenInvalid,
  tokenMissing,
  unavailable,
  upstreamFailed,
} from "./core/failure/failure.ts";
export { singleLine } from "./core/failure/single-line.ts";
