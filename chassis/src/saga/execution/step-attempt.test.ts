import assert from "node:assert/strict";
import { test } from "node:test";
import { currentContext, type WorkContext } from "../../context/context.ts";
import { deadlineExceeded } from "../../core/failure/failure.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { SagaStep } from "../definition/step.ts";
import { CANCELLED_GRACE } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { attemptRemote } from "./step-attempt.ts";

const instance = { name: "sell", key: "7", keyFormat: 2, attempts: 0, requestId: "r", traceparent: "" } as SagaInstance;
const step = { name: "charge", refuses: new Set<string>() } as unknown as SagaStep;

/** An attempt at what ends as the test says, and what that was given to notice when it is to end. */
async function attempting() {
  const clock = fakeClock();
  const stopping = new AbortController();
  const begun = Promise.withResolvers<{ signal: AbortSignal; context: WorkContext | undefined }>();
  const working = Promise.withResolvers<string>();
  const outcome = attemptRemote(
    { clock, signal: stopping.signal },
    {
      instance,
      step,
      timeout: 100,
      work({ signal }) {
        begun.resolve({ signal, context: currentContext() });
        return working.promise;
      },
    },
  );
  const { signal, context } = await begun.promise;
  return { clock, stopping, outcome, signal, cancellation: context?.cancellation, working };
}

test("when the time of a step is over, so are the calls and statements that it is at", async () => {
  const { clock, outcome, signal, cancellation } = await attempting();
  assert.equal(cancellation?.why, undefined);
  await clock.advance(100);
  assert.ok(signal.aborted);
  await clock.advance(CANCELLED_GRACE);
  const ended = await outcome;
  assert.ok(typeof ended === "object" && "failure" in ended);
  assert.ok(deadlineExceeded.is(cancellation?.why) && deadlineExceeded.is(signal.reason));
});

test("when the process stops, so do the calls and statements of a step", async () => {
  const { clock, stopping, outcome, signal, cancellation } = await attempting();
  await clock.advance(0);
  stopping.abort();
  assert.ok(cancellation?.why && signal.aborted);
  await clock.advance(CANCELLED_GRACE);
  assert.equal(await outcome, "interrupted");
});

test("an attempt whose time is over is waited for until it has returned, and its success counts", async () => {
  const { clock, outcome, working } = await attempting();
  await clock.advance(100);
  await clock.advance(CANCELLED_GRACE - 1);
  working.resolve("charged");
  assert.deepEqual(await outcome, { result: "charged" });
});

test("what an attempt fails with after its time says nothing: its outcome is unknown", async () => {
  const { clock, outcome, working } = await attempting();
  await clock.advance(100);
  working.reject(new TypeError("aborted halfway"));
  const ended = await outcome;
  assert.ok(typeof ended === "object" && "failure" in ended);
  assert.deepEqual([ended.failure.what, ended.failure.code], ["unknown", "deadline_exceeded"]);
});
