import type { Call } from "../contract/call.ts";
import type { Clock } from "../core/clock.ts";
import { failureFrom, unavailable } from "../core/failure.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { TokenFor } from "../identity/service-token.ts";
import { currentContext, newContext, type WorkContext } from "../telemetry/context.ts";
import type { Log } from "../telemetry/log.ts";
import { formatTraceparent, type TraceContext } from "../telemetry/trace-context.ts";
import { type AnyInput, type OutgoingRequest, requestBuilder } from "./build-request.ts";
import { chooseInstance } from "./choose-instance.ts";
import type { CallOptions } from "./client.ts";
import { type CountAttempts, clientSpan } from "./client-span.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { type AnswerReader, answerReader } from "./read-answer.ts";
import { type FailedAttempt, isRepeatable, waitBeforeRetry } from "./retry.ts";
import type { Transport } from "./transport.ts";
import { failureOfExchange } from "./transport-failure.ts";

/** What calls are made with. */
export type CallSurroundings = {
  readonly discovery: Discovery;
  readonly tokenFor: TokenFor;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly countAttempts?: CountAttempts | undefined;
};

/** A call and whose it is. */
export type Target = { readonly service: string; readonly name: string; readonly call: Call };

export type RemoteCall = (input: AnyInput, options?: CallOptions) => Promise<unknown>;

/** Makes the function that calls `target`: again while {@link waitBeforeRetry} says so, each time elsewhere if it can. */
export function remoteCall(surroundings: CallSurroundings, target: Target): RemoteCall {
  const { discovery, clock, log, random } = surroundings;
  const { service, name, call } = target;
  const build = requestBuilder(call);

  async function attemptUntilDecided(input: AnyInput, context: WorkContext, deadline: Deadline): Promise<unknown> {
    const request = build(input);
    const repeatable = isRepeatable(call, input.key);
    const tried = new Set<string>();
    for (let attempt = 1; ; attempt += 1) {
      const instance = chooseInstance(discovery.instances(service), tried, random);
      const outcome = await attemptAt(instance, request, context, deadline);
      if ("reply" in outcome) return outcome.reply;
      if (instance !== undefined) tried.add(instance);
      const another = discovery.instances(service).some((one) => !tried.has(one));
      const remaining = deadline.remaining();
      const wait = waitBeforeRetry({ ...outcome, repeatable, attempt, remaining, another }, random);
      if (wait === undefined) throw outcome.failure;
      log.debug({ err: outcome.failure, service, call: name, instance, attempt, wait }, "a call is tried again");
      await clock.sleep(wait, deadline.signal);
    }
  }

  const attemptAt = attempts(surroundings, target);

  return async (input, options = {}) => {
    const context = currentContext() ?? newContext();
    const deadline = startDeadline(clock, context, options.timeout);
    try {
      return await attemptUntilDecided(input, context, deadline);
    } finally {
      deadline.close();
    }
  };
}

type Outcome = { readonly reply: unknown } | FailedAttempt;

/** Makes the function that makes one attempt at one instance. */
function attempts({ transport, tokenFor, log, countAttempts }: CallSurroundings, target: Target) {
  const { service, name, call } = target;
  const inClientSpan = clientSpan(target, countAttempts?.(service, name));
  let read: AnswerReader | undefined;

  return async (
    instance: string | undefined,
    request: OutgoingRequest,
    context: WorkContext,
    deadline: Deadline,
  ): Promise<Outcome> => {
    if (instance === undefined) {
      return { failure: unavailable.failure({ cause: new Error(`no instance of ${service} is known`) }), sent: false };
    }
    return inClientSpan(instance, context, (trace) => exchange(instance, request, { context, trace, deadline }));
  };

  async function exchange(instance: string, request: OutgoingRequest, travels: Travels): Promise<Outcome> {
    const token = call.shape.access === "public" ? undefined : await tokenFor(service);
    const headers = { ...request.headers, ...travelHeaders(travels, token) };
    const sent = await transport.send(instance, { ...request, headers }, travels.deadline.signal);
    if ("error" in sent) return { failure: failureOfExchange(sent.error, sent.sent), sent: sent.sent };
    try {
      read ??= answerReader(call);
      return { reply: read(sent.answer) };
    } catch (error) {
      const failure = failureFrom(error);
      if (failure.kind === "bug")
        log.warn({ err: failure, service, call: name, instance }, "an answer outside the contract");
      return { failure, sent: true };
    }
  }
}

type Travels = { readonly context: WorkContext; readonly trace: TraceContext; readonly deadline: Deadline };

/** What travels with every attempt. Each has a span of its own, and the time that is left as it begins. */
function travelHeaders({ context, trace, deadline }: Travels, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    "x-request-id": context.requestId,
    traceparent: formatTraceparent(trace),
    "x-deadline-ms": String(Math.max(1, Math.floor(deadline.remaining()))),
  };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  return headers;
}
