import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { newContext } from "../../context/context.ts";
import { systemClock } from "../../core/clock.ts";
import { readConfig } from "../../core/configuration/config.ts";
import { eventually } from "../../testing/eventually.ts";
import { type AnswerExport, otlpReceiver } from "../../testing/servers/otlp-receiver.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { asSpan, inSpan } from "./span.ts";
import { openTracing } from "./tracing.ts";
import { tracingSettings } from "./tracing-settings.ts";

/** Tracing to a backend, as a service has it. */
function tracingTo(endpoint: string | undefined, environment: Record<string, string> = {}) {
  const given = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: "1", ...environment };
  const settings = readConfig(Type.Object(tracingSettings), given);
  const metrics = createMetrics("orders");
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    service: "orders",
    level: "info",
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const tracing = openTracing({ service: "orders", settings, clock: systemClock, log, metrics });
  const work = () =>
    asSpan(newContext({ tracer: tracing.tracer }), undefined, "GET /orders", { kind: "server" }, () =>
      inSpan(
        "select orders",
        { kind: "client", attributes: { "db.system.name": "postgresql", rows: 3, cold: true } },
        () => 1,
      ),
    );
  return { tracing, work, lines, text: () => metrics.text() };
}

const droppedIn = (text: string) =>
  Number(/^spans_dropped_total\{why="failed",service="orders"\} (\d+)$/m.exec(text)?.[1] ?? 0);

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

test("spans arrive at the backend as they were, with whose they are", async (t) => {
  const backend = await otlpReceiver(t);
  const { tracing, work, text } = tracingTo(backend.url, {
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test%201",
  });
  work();
  await tracing.close();
  const [inner, outer] = backend.spans;
  assert.deepEqual([inner?.service, inner?.name, inner?.kind], ["orders", "select orders", 3]);
  assert.deepEqual(inner?.attributes, { "db.system.name": "postgresql", rows: 3, cold: true });
  assert.deepEqual([outer?.name, outer?.kind, outer?.parentId, outer?.failed], ["GET /orders", 2, "", false]);
  assert.deepEqual([inner?.parentId, inner?.traceId], [outer?.spanId, outer?.traceId]);
  const age = Date.now() - Number((outer?.start ?? 0n) / 1_000_000n);
  assert.ok(age >= -1_000 && age < 60_000, `it began ${age} ms ago`);
  assert.match(backend.text(), /deployment\.environment\.name.*test 1/s);
  assert.match(await text(), /^spans_exported_total\{service="orders"\} 2$/m);
});

const backends: readonly [string, (t: TestContext) => Promise<string>][] = [
  ["is dead", closedPort],
  ["refuses", (t) => backendThat(t, (response) => response.writeHead(400).end("nonsense"))],
  ["cuts off", (t) => backendThat(t, (response) => response.destroy())],
];

const backendThat = async (t: TestContext, answer: AnswerExport): Promise<string> =>
  (await otlpReceiver(t, answer)).url;

for (const [what, start] of backends) {
  test(`a backend that ${what} costs dropped spans, which are counted, and a line in the log`, async (t) => {
    process.env["OTEL_EXPORTER_OTLP_TIMEOUT"] = "500";
    t.after(() => delete process.env["OTEL_EXPORTER_OTLP_TIMEOUT"]);
    const { tracing, work, lines, text } = tracingTo(await start(t));
    assert.equal(work(), 1);
    await eventually(async () => droppedIn(await text()) === 2);
    work();
    await eventually(async () => droppedIn(await text()) === 4);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["spans are not exported"],
      "once, not for each batch",
    );
    await tracing.close();
  });
}

test("a backend that answers with nonsense has taken the spans", async (t) => {
  const url = await backendThat(t, (response) => response.writeHead(200).end("\xff\xff nonsense"));
  const { tracing, work, text } = tracingTo(url);
  work();
  await tracing.close();
  assert.match(await text(), /^spans_exported_total\{service="orders"\} 2$/m);
});

test("without an endpoint nothing is recorded, and traces are decided about all the same", async () => {
  for (const environment of [{}, { OTEL_TRACES_SAMPLER: "always_off" }]) {
    const { tracing } = tracingTo(undefined, environment);
    assert.equal(tracing.tracer.record, undefined);
    assert.equal(tracing.tracer.samples("a".repeat(32)), !("OTEL_TRACES_SAMPLER" in environment));
    await tracing.close();
  }
  for (const off of [{ OTEL_SDK_DISABLED: "true" }, { OTEL_TRACES_EXPORTER: "none" }]) {
    assert.equal(tracingTo("http://127.0.0.1:4318", off).tracing.tracer.record, undefined);
  }
});

test("spans that the backend rejects while it answers with success are counted as dropped, and its reason is logged once", async (t) => {
  const reason = Buffer.from("too old");
  // ExportTraceServiceResponse { partial_success: { rejected_spans: 1, error_message } }
  const partial = Buffer.concat([Buffer.from([0x08, 1, 0x12, reason.length]), reason]);
  const body = Buffer.concat([Buffer.from([0x0a, partial.length]), partial]);
  const url = await backendThat(t, (response) =>
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end(body),
  );
  const { tracing, work, lines, text } = tracingTo(url);
  work();
  await eventually(async () => /^spans_dropped_total\{why="rejected",service="orders"\} 1$/m.test(await text()));
  work();
  await tracing.close();
  assert.match(await text(), /^spans_exported_total\{service="orders"\} 2$/m);
  assert.match(await text(), /^spans_dropped_total\{why="rejected",service="orders"\} 2$/m);
  assert.deepEqual(
    lines.map(({ msg, err }) => [msg, (err as { message: string }).message]),
    [["spans are not exported", "the backend rejected spans: too old"]],
  );
});
