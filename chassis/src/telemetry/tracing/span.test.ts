import assert from "node:assert/strict";
import { test } from "node:test";
import { currentContext, newContext, runInContext } from "../../context/context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import { deadlineExceeded } from "../../core/failure/failure.ts";
import { createLog } from "../log.ts";
import { asSpan, inSpan } from "./span.ts";

function recording(sampled = true) {
  const spans: EndedSpan[] = [];
  const context = newContext({ tracer: { samples: () => sampled, record: (span) => void spans.push(span) } });
  return { spans, context };
}

test("a span within a span is its child, also after something was awaited", async () => {
  const { spans, context } = recording();
  await asSpan(context, undefined, "outer", { kind: "server" }, async () => {
    await Promise.resolve();
    await inSpan("inner", { kind: "client", attributes: { "peer.service": "users" } }, async (span) => {
      await Promise.resolve();
      span.set("http.response.status_code", 200);
    });
  });
  const [inner, outer] = spans;
  assert.deepEqual([inner?.name, outer?.name], ["inner", "outer"]);
  assert.deepEqual(inner?.attributes, { "peer.service": "users", "http.response.status_code": 200 });
  assert.equal(inner?.parentId, outer?.trace.spanId);
  assert.equal(inner?.trace.traceId, outer?.trace.traceId);
  assert.equal(outer?.parentId, undefined);
  assert.ok(inner && outer && outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end);
});

test("what work throws ends its span as failed, by its code and never by its message", async () => {
  const { spans, context } = recording();
  const fails = () => runInContext(context, () => inSpan("late", {}, () => Promise.reject(deadlineExceeded.failure())));
  await assert.rejects(fails, deadlineExceeded.is);
  const throws = () =>
    runInContext(context, () =>
      inSpan("broken", {}, () => {
        throw new TypeError("a secret");
      }),
    );
  assert.throws(throws, TypeError);
  assert.deepEqual(
    spans.map(({ failed, attributes }) => [failed, attributes["error.type"]]),
    [
      [true, "deadline_exceeded"],
      [true, "TypeError"],
    ],
  );
  assert.doesNotMatch(JSON.stringify(spans), /secret/);
});

test("an expected refusal is no failure of its span", () => {
  const { spans, context } = recording();
  const refuse = () => {
    throw deadlineExceeded.failure();
  };
  assert.throws(() => runInContext(context, () => inSpan("asked", { isFailure: () => false }, refuse)));
  assert.deepEqual([spans[0]?.failed, spans[0]?.attributes], [false, {}]);
});

test("nothing is recorded of a trace that is not sampled, nor outside any work", async () => {
  const { spans, context } = recording(false);
  const seen = runInContext(context, () => inSpan("inner", {}, () => currentContext()));
  assert.equal(seen, context, "no context is made for nobody");
  assert.equal(
    inSpan("outside", {}, () => 1),
    1,
  );
  assert.deepEqual(spans, []);
});

test("a line of the log names the innermost span", () => {
  const { spans, context } = recording();
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    service: "orders",
    level: "info",
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  asSpan(context, undefined, "outer", {}, () => inSpan("inner", {}, () => log.info("hello")));
  assert.equal(lines[0]?.["spanId"], spans[0]?.trace.spanId);
  assert.notEqual(lines[0]?.["spanId"], context.trace.spanId);
});

test("a context goes on in the span it is given, and keeps to what was decided about its trace", () => {
  const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: false };
  const { context } = recording();
  const resumed = newContext({ parent, tracer: context.tracer });
  assert.deepEqual(resumed.trace, parent);
  runInContext(context, () => assert.equal(newContext().tracer, context.tracer));
});

test("a span lasts as long as the monotonic clock says, although the wall clock is set back meanwhile", async (t) => {
  const { spans, context } = recording();
  const [wall, monotonic] = [Date.now(), performance.now() + 60_000];
  const [date, time] = [t.mock.method(Date, "now", () => wall), t.mock.method(performance, "now", () => monotonic)];
  await asSpan(context, undefined, "long", {}, async () => {
    date.mock.mockImplementation(() => wall - 60_000);
    time.mock.mockImplementation(() => monotonic + 12_000);
  });
  const [span] = spans;
  assert.equal(span?.start, wall);
  assert.equal((span?.end ?? 0) - (span?.start ?? 0), 12_000);
});
