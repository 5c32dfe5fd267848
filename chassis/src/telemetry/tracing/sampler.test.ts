import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../../context/context.ts";
import { startTrace } from "../../context/trace-context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import { samplerOf } from "./sampler.ts";
import { asSpan, inSpan } from "./span.ts";

const sampler = (name: "always_on" | "always_off" | "traceidratio", ratio = 1) =>
  samplerOf({ OTEL_TRACES_SAMPLER: `parentbased_${name}`, OTEL_TRACES_SAMPLER_ARG: ratio });

/** How many of 10,000 new traces are sampled. */
function sampledOf(samples: (traceId: string) => boolean): number {
  let count = 0;
  for (let number = 0; number < 10_000; number++) if (startTrace(undefined, samples).sampled) count += 1;
  return count;
}

test("all traces, none, or a part of them are sampled", () => {
  assert.equal(sampledOf(sampler("always_on")), 10_000);
  assert.equal(sampledOf(sampler("always_off")), 0);
  assert.equal(sampledOf(sampler("traceidratio", 1)), 10_000);
  assert.equal(sampledOf(sampler("traceidratio", 0)), 0);
  const tenth = sampledOf(sampler("traceidratio", 0.1));
  // Beyond seven standard deviations: once in 10^11 runs.
  assert.ok(tenth > 790 && tenth < 1_210, `${tenth} of 10,000`);
});

test("a trace is sampled alike by whoever is asked", () => {
  const [one, other] = [sampler("traceidratio", 0.3), sampler("traceidratio", 0.3)];
  for (let number = 0; number < 1_000; number++) {
    const { traceId } = startTrace();
    assert.equal(one(traceId), other(traceId));
  }
});

test("who goes on with a trace keeps what was decided where it began, whatever they would have decided", () => {
  for (const sampled of [true, false]) {
    const spans: EndedSpan[] = [];
    const samples = sampled ? sampler("always_off") : sampler("always_on");
    const tracer = { samples, record: (span: EndedSpan) => void spans.push(span) };
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled };
    runInContext(newContext({ parent, tracer }), () => inSpan("message", {}, () => inSpan("within", {}, () => 0)));
    const request = { requestId: "1", trace: startTrace(parent, samples), tracer };
    asSpan(request, parent.spanId, "request", {}, () => 0);
    assert.deepEqual(
      spans.map(({ name }) => name),
      sampled ? ["within", "message", "request"] : [],
    );
  }
});
