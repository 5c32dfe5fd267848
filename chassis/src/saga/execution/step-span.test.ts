import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext } from "../../context/context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { asSpan } from "../../telemetry/tracing/span.ts";
import { eventually } from "../../testing/eventually.ts";
import { declined, effects, replica, sagaDatabase, sellBy } from "../tests/sagas-under-test.fixture.ts";

/** Somebody who takes the spans of one process. */
function process() {
  const spans: EndedSpan[] = [];
  return { spans, tracer: { samples: () => true, record: (span: EndedSpan) => void spans.push(span) } };
}

test("each attempt at a step belongs to the span that started its saga, whichever process makes it", async (t) => {
  const { database } = await sagaDatabase(t);
  let attempts = 0;
  const definition = sellBy(async ({ orderId }) => {
    attempts += 1;
    if (attempts === 1) throw unavailable.failure();
    if (orderId === "2") throw declined.failure();
  });
  const [first, second] = [process(), process()];
  // It starts sagas and then is gone: its runner never begins.
  const gone = replica(t, database, "gone", [definition], { tracer: first.tracer });
  const request = newContext({ tracer: first.tracer });
  await asSpan(request, undefined, "POST /orders", { kind: "server" }, () => gone.start(definition, "1", "2"));
  await gone.stop();
  replica(t, database, "other", [definition], { tracer: second.tracer }).begin();
  await eventually(async () => (await effects(database)).length === 2);
  const steps = second.spans.filter(({ name }) => name.startsWith("step "));
  assert.deepEqual(
    steps.map(({ name, failed, attributes }) => [name, attributes["flotilla.saga.attempt"], failed]).toSorted(),
    [
      ["step charge", 1, false],
      ["step charge", 1, true],
      ["step charge", 2, false],
      ["step confirm", 1, false],
      ["step record the failure", 1, false],
    ],
  );
  for (const { trace, parentId } of steps) {
    assert.deepEqual([trace.traceId, parentId], [request.trace.traceId, request.trace.spanId]);
  }
});
