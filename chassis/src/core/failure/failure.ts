/**
 * How a failure is to be treated by whoever meets it:
 * - `refused`: a definite no. Nothing was done; asking again gives the same answer.
 * - `unavailable`: no answer, or "not now". The outcome may be unknown; ask again with the same key.
 * - `bug`: neither of the two should have happened. A person has to look at it.
 */
export type FailureKind = "refused" | "unavailable" | "bug";

/** One fault of an input: where (JSON pointer such as `/items/0/quantity`) and what is wrong with it. */
export type FieldError = { path: string; message: string };

/** What a failure may carry besides its code. */
export type FailureDetails = {
  /** Each fault of the input, for invalid input. */
  errors?: FieldError[] | undefined;
  /** Seconds after which it makes sense to ask again. */
  retryAfter?: number | undefined;
  /** What lies behind it. Logged, never answered. */
  cause?: unknown;
};

/** The one error class of the system: a stable code, how to treat it, and the HTTP status that stands for it. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: string;
  readonly kind: FailureKind;
  readonly status: number;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(definition: FailureDefinition, details: FailureDetails = {}) {
    super(definition.title, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = definition.code;
    this.kind = definition.kind;
    this.status = definition.status;
    this.errors = details.errors;
    this.retryAfter = details.retryAfter;
  }
}

/** A kind of failure, declared once: `throw outOfStock.failure()`, `if (outOfStock.is(error))`. */
export type FailureDefinition<Code extends string = string> = {
  readonly code: Code;
  readonly kind: FailureKind;
  readonly status: number;
  readonly title: string;
  failure(details?: FailureDetails): Failure;
  is(error: unknown): error is Failure;
};

function define<const Code extends string>(
  kind: FailureKind,
  code: Code,
  status: number,
  title: string,
): FailureDefinition<Code> {
  const definition: FailureDefinition<Code> = {
    code,
    kind,
    status,
    title,
    failure: (details) => new Failure(definition, details),
    is: (error): error is Failure => error instanceof Failure && error.code === code,
  };
  return definition;
}

/** Declares a definite no, with the HTTP status (4xx) and the sentence a person reads. */
export const refusal = <const Code extends string>(code: Code, status: number, title: string) =>
  define("refused", code, status, title);

/** Declares a passing failure (5xx, 408, 425 or 429), after which the caller may ask again. */
export const outage = <const Code extends string>(code: Code, status: number, title: string) =>
  define("unavailable", code, status, title);

export const invalidInput = refusal("invalid_input", 400, "The input is not valid");
export const malformedJson = refusal("malformed_json", 400, "The body is not valid JSON");
export const tokenMissing = refusal("token_missing", 401, "A bearer token is required");
export const tokenInvalid = refusal("token_invalid", 401, "The bearer token is not valid");
export const forbidden = refusal("forbidden", 403, "This is not allowed");
export const notFound = refusal("not_found", 404, "There is nothing here");
export const methodNotAllowed = refusal("method_not_allowed", 405, "This method is not allowed here");
export const preconditionFailed = refusal("precondition_failed", 412, "It was changed in the meantime");
export const tooLarge = refusal("body_too_large", 413, "The body is too large");
export const unsupportedMediaType = refusal("unsupported_media_type", 415, "The body must be application/json");
export const rateLimited = outage("rate_limited", 429, "Too many requests");
export const upstreamFailed = outage("upstream_failed", 502, "A service behind this one failed");
export const unavailable = outage("unavailable", 503, "The service is not available right now");
export const deadlineExceeded = outage("deadline_exceeded", 504, "There was no answer in time");
/** What any error that nobody expected is answered with; the error itself goes to the log only. */
export const internalError = define("bug", "internal_error", 500, "Something went wrong on our side");

/** Turns whatever was thrown into a {@link Failure}; what is not one already becomes {@link internalError}. */
export function failureFrom(error: unknown): Failure {
  return error instanceof Failure ? error : internalError.failure({ cause: error });
}
