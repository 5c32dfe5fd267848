import type { Failure } from "../core/failure.ts";
import { unavailable } from "../core/failure.ts";

/**
 * Why an instance gave no answer. `unreachable`: it has got nothing. `broken`: the connection ended, it may have got the request.
 * `final`: asking again makes no sense.
 */
export type Fault = "unreachable" | "broken" | "final";
export type Failed = { readonly failure: Failure; readonly fault: Fault };

/** An answer, or why there is none. */
export type Outcome<Answer> = { readonly answer: Answer } | Failed;

export type Attempt<Answer> = {
  readonly origins: readonly string[];
  /** Milliseconds for all attempts together; 0 is without end. */
  readonly timeout: number;
  /** Whether a request may be sent again that the service may have got already. */
  readonly repeatable: boolean;
  /** Whether it can be sent again at all: a stream can't. */
  readonly canResend: boolean;
  ask(origin: string, timeout: number): Promise<Outcome<Answer>>;
};

/**
 * Asks a random instance. When it can't be reached, nothing was sent, and another one is asked. When the connection broke before
 * an answer came, the request is sent once more only if a repeat is harmless. Rejects with the failure when there was no answer.
 */
export function callInstances<Answer>(attempt: Attempt<Answer>): Promise<Answer> {
  const { origins, timeout } = attempt;
  const first = anyOf(origins);
  if (first === undefined) throw unavailable.failure({ retryAfter: 1 });
  const beganAt = performance.now();
  return attempt.ask(first, timeout).then((outcome) => {
    if ("answer" in outcome) return outcome.answer;
    const timeLeft = timeout === 0 ? 0 : Math.floor(beganAt + timeout - performance.now());
    if (!mayRepeat(outcome.fault, attempt) || timeLeft < 0 || (timeout > 0 && timeLeft === 0)) throw outcome.failure;
    return again(attempt, anyOf(origins.filter((origin) => origin !== first)) ?? first, timeLeft);
  });
}

async function again<Answer>(attempt: Attempt<Answer>, origin: string, timeLeft: number): Promise<Answer> {
  const outcome = await attempt.ask(origin, timeLeft);
  if ("answer" in outcome) return outcome.answer;
  throw outcome.failure;
}

const mayRepeat = (fault: Fault, { repeatable, canResend }: Attempt<unknown>): boolean =>
  fault !== "final" && canResend && (fault === "unreachable" || repeatable);

const anyOf = (origins: readonly string[]): string | undefined =>
  origins.length === 1 ? origins[0] : origins[Math.floor(Math.random() * origins.length)];
