import type { Failure, FieldError } from "../core/failure/failure.ts";

/** The body of an error answer (RFC 9457). */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  /** Stable, snake_case. */
  code: string;
  /** The request id. */
  instance: string;
  errors?: FieldError[];
};

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** What the client is told about a failure: never its message of origin, its cause or its stack. `instance` is the request id. */
export function problemOf(failure: Failure, instance: string): ProblemBody {
  const { code, status, errors } = failure;
  const body: ProblemBody = { type: `urn:problem:${code}`, title: failure.message, status, code, instance };
  return errors ? { ...body, errors } : body;
}

/** The headers that go with the problem: how to sign in (401), when to ask again (429, 503; whole seconds, at least 1). */
export function problemHeaders(failure: Failure): Record<string, string> {
  const headers: Record<string, string> = { "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store" };
  if (failure.status === 401) headers["www-authenticate"] = "Bearer";
  if (failure.status === 429 || failure.status === 503) {
    headers["retry-after"] = String(Math.max(1, Math.ceil(failure.retryAfter ?? 1)));
  }
  return headers;
}
