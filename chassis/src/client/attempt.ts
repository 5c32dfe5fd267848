import type { WorkContext } from "../context/context.ts";
import { formatTraceparent, type TraceContext } from "../context/trace-context.ts";
import { isWaiting } from "../contract/prefer.ts";
import type { Clock } from "../core/clock.ts";
import { type Failure, failureFrom, unavailable } from "../core/failure/failure.ts";
import type { TokenFor } from "../identity/tokens/service-token.ts";
import type { Log } from "../telemetry/log.ts";
import { answersAs, isFrom } from "./answers/answers-as.ts";
import { type AnswerReader, answerReader } from "./answers/read-answer.ts";
import { failureOfExchange } from "./answers/transport-failure.ts";
import { outcomeOf, type Told, toldByError, toldByStatus } from "./attempt-outcome.ts";
import type { OutgoingRequest } from "./build-request.ts";
import { type CountAttempts, clientSpan } from "./client-span.ts";
import type { Deadline } from "./deadline.ts";
import type { FailedAttempt } from "./resilience/retry.ts";
import type { Callee } from "./targets/callee.ts";
import type { Instance } from "./targets/instance.ts";
import { slowAfterOf } from "./targets/slow-after.ts";
import { headerOf } from "./transports/http/response-head.ts";
import type { Target } from "./transports/target.ts";
import type { Transport } from "./transports/transport.ts";

/** What attempts are made with. */
export type AttemptSurroundings = {
  readonly tokenFor: TokenFor;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly countAttempts?: CountAttempts | undefined;
};

/** One call, from its first attempt to its last. */
export type CallUnderWay = {
  readonly request: OutgoingRequest;
  readonly context: WorkContext;
  readonly deadline: Deadline;
  /** The instances that failed it. */
  readonly tried: ReadonlySet<Instance>;
};

/** How an attempt ended; `final` failures are not to be tried again whatever they are. */
export type AttemptResult =
  | { readonly reply: unknown }
  | (FailedAttempt & { readonly instance: Instance | undefined; readonly final: boolean });

type Answered = ({ readonly reply: unknown } | FailedAttempt) & { readonly told: Told };

/** Makes the function that makes one attempt: within the bulkhead, if the circuit breaker lets it, at one instance. Never rejects. */
export function createAttempt(surroundings: AttemptSurroundings, target: Target, callee: Callee) {
  const { clock, countAttempts } = surroundings;
  const { service, name, call } = target;
  const { guard, breaker } = callee;
  const bulkhead = isWaiting(call, undefined) ? callee.idle : callee.bulkhead;
  const slowAfter = slowAfterOf(call);
  const inClientSpan = clientSpan(target, countAttempts?.(service, name));
  const ask = asking(surroundings, target);

  return async (underWay: CallUnderWay): Promise<AttemptResult> => {
    try {
      const turn = bulkhead.enter(underWay.deadline.ending);
      if (turn) await turn;
    } catch (error) {
      return ended(failureFrom(error));
    }
    try {
      return await guarded(underWay);
    } finally {
      bulkhead.leave();
    }
  };

  async function guarded(underWay: CallUnderWay): Promise<AttemptResult> {
    const began = clock.monotonic();
    const attempt = guard.begin(began, slowAfter, underWay.tried);
    if (attempt === "open") return ended(circuitOpen(service, breaker.opensIn(began)));
    if (attempt === "nobody") {
      const cause = new Error(`no instance of ${service} is known`);
      return { failure: unavailable.failure({ cause }), sent: false, instance: undefined, final: false };
    }
    const { instance } = attempt;
    let told: Told = "unknown";
    try {
      const answered = await inClientSpan(instance.origin, underWay.context, async (trace) => {
        const asked = await ask(instance.origin, trace, underWay);
        told = asked.told;
        return asked;
      });
      return "reply" in answered ? answered : { ...answered, instance, final: false };
    } finally {
      const now = clock.monotonic();
      guard.end(attempt, outcomeOf(told, now - began, slowAfter), now);
    }
  }
}

/** Nothing was sent, and nothing will be. */
const ended = (failure: Failure): AttemptResult => ({ failure, sent: false, instance: undefined, final: true });

const circuitOpen = (service: string, opensIn: number): Failure =>
  unavailable.failure({
    retryAfter: Math.max(1, Math.ceil(opensIn / 1_000)),
    cause: new Error(`the circuit of ${service} is open`),
  });

/** Makes the function that asks one instance and reads what it answers. */
function asking({ tokenFor, transport, clock, log }: AttemptSurroundings, { service, name, call }: Target) {
  let read: AnswerReader | undefined;
  return async (origin: string, trace: TraceContext, underWay: CallUnderWay): Promise<Answered> => {
    const { request, context, deadline } = underWay;
    const began = clock.monotonic();
    const token = call.shape.access === "public" ? undefined : await tokenFor(service);
    const headers = [...request.headers, ...travelHeaders(context, trace, deadline, token)];
    const exchange = await transport.send(origin, { ...request, headers }, deadline.ending, service);
    if ("error" in exchange) {
      const told = toldByError(exchange.error, clock.monotonic() - began);
      return { failure: failureOfExchange(exchange.error, exchange.sent), sent: exchange.sent, told };
    }
    const { answer } = exchange;
    try {
      read ??= answersAs(service, answerReader(call));
      return { reply: read(answer), told: "good" };
    } catch (error) {
      const failure = failureFrom(error);
      if (failure.kind === "bug")
        log.warn({ err: failure, target: service, call: name, instance: origin }, "an answer outside the contract");
      const other = failure.kind === "bug" || !isFrom(service, answer);
      const told = other
        ? "failed"
        : toldByStatus(answer.status, headerOf(answer.headers, "retry-after") !== undefined);
      return { failure, sent: true, told };
    }
  };
}

/** The longest time that is told to a callee, in milliseconds: the header holds nine digits. */
const LONGEST_TOLD = 999_999_999;

/** What travels with every attempt. Each has a span of its own, and the time that is left as it begins. */
function travelHeaders(
  context: WorkContext,
  trace: TraceContext,
  deadline: Deadline,
  token: string | undefined,
): string[] {
  const milliseconds = String(Math.min(Math.max(1, Math.floor(deadline.remaining())), LONGEST_TOLD));
  const headers = [
    "x-request-id",
    context.requestId,
    "traceparent",
    formatTraceparent(trace),
    "x-deadline-ms",
    milliseconds,
  ];
  if (context.priority === "high") headers.push("x-priority", "high");
  if (token !== undefined) headers.push("authorization", `Bearer ${token}`);
  return headers;
}
