import { outcomeOf, type Told } from "../../client/attempt-outcome.ts";
import type { Callee } from "../../client/targets/callee.ts";
import type { Instance } from "../../client/targets/instance.ts";
import { type Failure, unavailable } from "../../core/failure/failure.ts";

/**
 * Why an instance gave no answer. `unreachable`: it has got nothing. `broken`: the connection ended, or could not carry the
 * answer; it may have got the request. `final`: asking again makes no sense.
 */
export type Fault = "unreachable" | "broken" | "final";
export type Failed = { readonly failure: Failure; readonly fault: Fault; readonly told: Told };

/** An answer, or why there is none, and what either tells of the instance. */
export type Outcome<Answer> = { readonly answer: Answer; readonly told: Told } | Failed;

export type Attempt<Answer> = {
  readonly callee: Callee;
  /** Milliseconds after which it counts as slow. */
  readonly slowAfter: number;
  /** Milliseconds for all attempts together; 0 is without end. */
  readonly timeout: number;
  /** Whether a request may be sent again that the service may have got already. */
  readonly repeatable: boolean;
  /** Whether it can be sent again at all: a stream can't. */
  readonly canResend: boolean;
  ask(origin: string, timeout: number): Promise<Outcome<Answer>>;
};

/**
 * Asks an instance that is well, the one of two that has less to do. When it can't be reached, nothing was sent, and another one is asked.
 * When the connection broke before an answer came, or could not carry it, the request is sent once more only if a repeat is harmless and the budget for repeats
 * has room. Rejects with the failure when there was no answer; throws `unavailable` when nobody may be asked.
 */
export function callInstances<Answer>(attempt: Attempt<Answer>): Promise<Answer> {
  const { callee, timeout } = attempt;
  const beganAt = performance.now();
  callee.budget.call(beganAt);
  const first = begin(attempt, beganAt);
  return first.outcome.then((outcome) => {
    if ("answer" in outcome) return outcome.answer;
    const now = performance.now();
    const timeLeft = timeout === 0 ? 0 : Math.floor(beganAt + timeout - now);
    if (!mayRepeat(outcome.fault, attempt) || timeLeft < 0 || (timeout > 0 && timeLeft === 0)) throw outcome.failure;
    if (outcome.fault === "broken" && !callee.budget.retry(now)) throw outcome.failure;
    return again(attempt, first.instance, timeLeft);
  });
}

type Begun<Answer> = { readonly instance: Instance; readonly outcome: Promise<Outcome<Answer>> };

/** Begins an attempt at an instance that is not in `tried`, if there is one; throws when there is none at all. */
function begin<Answer>(
  { callee, slowAfter, timeout, ask }: Attempt<Answer>,
  now: number,
  timeLeft: number = timeout,
  tried?: ReadonlySet<Instance>,
): Begun<Answer> {
  const { guard, breaker } = callee;
  const guarded = guard.begin(now, slowAfter, tried);
  if (guarded === "nobody") throw unavailable.failure({ retryAfter: 1 });
  if (guarded === "open")
    throw unavailable.failure({ retryAfter: Math.max(1, Math.ceil(breaker.opensIn(now) / 1_000)) });
  const end = (told: Told): void => {
    const ended = performance.now();
    guard.end(guarded, outcomeOf(told, ended - now, slowAfter), ended);
  };
  try {
    const asked = ask(guarded.instance.origin, timeLeft);
    const outcome = asked.then((outcome) => {
      end(outcome.told);
      return outcome;
    });
    return { instance: guarded.instance, outcome };
  } catch (error) {
    end("unknown");
    throw error;
  }
}

async function again<Answer>(attempt: Attempt<Answer>, tried: Instance, timeLeft: number): Promise<Answer> {
  const outcome = await begin(attempt, performance.now(), timeLeft, new Set([tried])).outcome;
  if ("answer" in outcome) return outcome.answer;
  throw outcome.failure;
}

const mayRepeat = (fault: Fault, { repeatable, canResend }: Attempt<unknown>): boolean =>
  fault !== "final" && canResend && (fault === "unreachable" || repeatable);
