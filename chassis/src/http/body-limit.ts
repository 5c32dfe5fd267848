import { type Failure, tooLarge } from "../core/failure/failure.ts";

/** Bytes of a request's body, where its contract says nothing else. */
export const DEFAULT_BODY_LIMIT = 64 * 1024;

/** The refusal of a body that is larger. */
export const bodyTooLarge = (cause?: unknown): Failure =>
  tooLarge.failure({ cause, errors: [{ path: "", message: "is too large" }] });
