import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineExceeded } from "../core/failure.ts";
import { currentContext, type WorkContext } from "../telemetry/context.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import type { SagaInstance } from "./saga-instance.ts";
import type { SagaStep } from "./step.ts";
import { attemptRemote } from "./step-attempt.ts";

/** An attempt at what never ends by itself, and what that was given to notice when it is to end. */
async function hanging() {
  const clock = fakeClock();
  const stopping = new AbortController();
  const begun = Promise.withResolvers<{ signal: AbortSignal; context: WorkContext | undefined }>();
  const outcome = attemptRemote({
    instance: { name: "sell", key: "7", attempts: 0, requestId: "r", traceparent: "" } as SagaInstance,
    step: { name: "charge", refuses: new Set<string>() } as unknown as SagaStep,
    timeout: 100,
    clock,
    signal: stopping.signal,
    work({ signal }) {
      begun.resolve({ signal, context: currentContext() });
      return new Promise(() => {});
    },
  });
  const { signal, context } = await begun.promise;
  return { clock, stopping, outcome, signal, cancellation: context?.cancellation };
}

test("when the time of a step is over, so are the calls and statements that it is at", async () => {
  const { clock, outcome, signal, cancellation } = await hanging();
  assert.equal(cancellation?.why, undefined);
  await clock.advance(100);
  const ended = await outcome;
  assert.ok(typeof ended === "object" && "failure" in ended);
  assert.ok(deadlineExceeded.is(cancellation?.why) && deadlineExceeded.is(signal.reason));
});

test("when the process stops, so do the calls and statements of a step", async () => {
  const { clock, stopping, outcome, signal, cancellation } = await hanging();
  await clock.advance(0);
  stopping.abort();
  assert.equal(await outcome, "interrupted");
  assert.ok(cancellation?.why && signal.aborted);
});
