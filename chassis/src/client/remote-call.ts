import { currentContext, newContext, type WorkContext } from "../context/context.ts";
import { Failure } from "../core/failure/failure.ts";
import { type AttemptSurroundings, createAttempt } from "./attempt.ts";
import { type AnyInput, requestBuilder } from "./build-request.ts";
import type { CallOptions } from "./client.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { isRepeatable, waitBeforeRetry } from "./resilience/retry.ts";
import type { Callees } from "./targets/callee.ts";
import type { Instance } from "./targets/instance.ts";
import type { Target } from "./transports/target.ts";

/** What calls are made with. */
export type CallSurroundings = AttemptSurroundings & {
  readonly callees: Callees;
  readonly random: () => number;
};

export type RemoteCall = (input: AnyInput, options?: CallOptions<unknown>) => Promise<unknown>;

const NONE: ReadonlySet<Instance> = new Set();

/**
 * Makes the function that calls `target`: again while {@link waitBeforeRetry} says so and the callee's budget has room, each time
 * elsewhere if it can. What was not sent does not burden the callee, and is not counted.
 */
export function remoteCall(surroundings: CallSurroundings, target: Target): RemoteCall {
  const { callees, clock, log, random } = surroundings;
  const { service, name, call } = target;
  const callee = callees(service);
  const { balancer, budget } = callee;
  const build = requestBuilder(call);
  const attemptOnce = createAttempt(surroundings, target, callee);

  async function attemptUntilDecided(input: AnyInput, context: WorkContext, deadline: Deadline): Promise<unknown> {
    const request = build(input);
    const repeatable = isRepeatable(call, input.key);
    let tried = NONE;
    budget.call(clock.monotonic());
    for (let attempt = 1; ; attempt += 1) {
      const result = await attemptOnce({ request, context, deadline, tried });
      if ("reply" in result) return result.reply;
      const { failure, sent, instance, final } = result;
      if (instance) tried = new Set(tried).add(instance);
      const now = clock.monotonic();
      const another = balancer.hasOther(now, tried);
      const situation = { failure, sent, repeatable, attempt, remaining: deadline.remaining(), another };
      const wait = final ? undefined : waitBeforeRetry(situation, random);
      if (wait === undefined || (sent && !budget.retry(now))) throw failure;
      log.debug(
        { err: failure, target: service, call: name, instance: instance?.origin, attempt, wait },
        "a call is tried again",
      );
      await clock.sleep(wait, deadline.ending.signal);
    }
  }

  return async (input, { timeout, fallback } = {}) => {
    const context = currentContext() ?? newContext();
    const deadline = startDeadline(clock, context, timeout);
    try {
      return await attemptUntilDecided(input, context, deadline);
    } catch (error) {
      if (fallback && error instanceof Failure && error.kind === "unavailable" && !deadline.callerLeft())
        return fallback(error);
      throw error;
    } finally {
      deadline.close();
    }
  };
}
