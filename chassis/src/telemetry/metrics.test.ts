import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

test("metrics are written in Prometheus' text format, with the service's name", async () => {
  const metrics = createMetrics("orders");
  const handled = metrics.counter("messages_handled_total", "Messages handled.", ["event"]);
  handled({ event: "order.placed" });
  handled({ event: "order.placed" }, 2);
  const observe = metrics.histogram("wait_seconds", "Time waited.", [0.1, 1]);
  observe(0.5);
  metrics.gauge("outbox_messages", "Messages that wait.", () => [[{ state: "parked" }, 4]], ["state"]);
  const text = await metrics.text();
  assert.match(text, /^messages_handled_total\{event="order\.placed",service="orders"\} 3$/m);
  assert.match(text, /^wait_seconds_bucket\{le="1",service="orders"\} 1$/m);
  assert.match(text, /^outbox_messages\{state="parked",service="orders"\} 4$/m);
});

test("a distribution counts each set of labels by itself", async () => {
  const metrics = createMetrics("orders");
  const seriesOf = metrics.distribution("request_seconds", "Time taken.", [0.1, 1]);
  const [fast, slow] = [seriesOf({ route: "/fast" }), seriesOf({ route: "/slow" })];
  for (const value of [0.05, 0.1, 7]) fast(value);
  slow(0.5);
  const text = await metrics.text();
  for (const [le, count] of [
    ["0.1", 2],
    ["1", 2],
    ["+Inf", 3],
  ] as const) {
    assert.ok(text.includes(`request_seconds_bucket{le="${le}",route="/fast",service="orders"} ${count}\n`), text);
  }
  assert.match(text, /^request_seconds_count\{route="\/slow",service="orders"\} 1$/m);
  assert.match(text, /^request_seconds_sum\{route="\/fast",service="orders"\} 7\.1/m);
});

test("what Node.js knows of the process can be asked for", async () => {
  const metrics = createMetrics("orders");
  metrics.addRuntime();
  const text = await metrics.text();
  for (const name of ["nodejs_eventloop_lag_p99_seconds", "nodejs_heap_size_used_bytes", "nodejs_active_resources"]) {
    assert.match(text, new RegExp(`^${name}\\{`, "m"));
  }
});

test("a gauge that cannot be read is left out, and the others are not", async () => {
  const metrics = createMetrics("orders");
  metrics.gauge("broken", "Cannot be read.", () => Promise.reject(new Error("the database is away")));
  metrics.gauge("whole", "Can be read.", () => 7);
  const text = await metrics.text();
  assert.match(text, /^whole\{service="orders"\} 7$/m);
  assert.doesNotMatch(text, /^broken\{/m);
});

test("a gauge forgets the labels that were not read again", async () => {
  const metrics = createMetrics("orders");
  let reading: [{ target: string }, number][] = [[{ target: "users" }, 1]];
  metrics.gauge("open_breakers", "Breakers that are open.", () => reading, ["target"]);
  await metrics.text();
  reading = [];
  assert.doesNotMatch(await metrics.text(), /users/);
});
