import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTraceparent, parseTraceparent, startTrace } from "./trace-context.ts";

const header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a traceparent header is read and written", () => {
  const trace = parseTraceparent(header);
  assert.deepEqual(trace, { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true });
  assert.equal(trace && formatTraceparent(trace), header);
});

test("what is not a valid traceparent is none", () => {
  const zero = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
  for (const bad of [undefined, "", "x", zero, header.toUpperCase(), `ff${header.slice(2)}`, header.slice(0, -1)]) {
    assert.equal(parseTraceparent(bad), undefined, `${bad}`);
  }
});

test("a child is another span of the same trace", () => {
  const parent = startTrace();
  const child = startTrace(parent);
  assert.equal(child.traceId, parent.traceId);
  assert.notEqual(child.spanId, parent.spanId);
});
