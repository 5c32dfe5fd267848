import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually, fileCleanup } from "@flotilla/chassis/testing";
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from "../../chassis/src/testing/servers/otlp-receiver.ts";
import { type Shop, startShop } from "./fixtures/shop.ts";

const names = ["gateway", "users", "products", "inventory", "orders", "payments", "email", "notifications"];

let backend: OtlpReceiver;
let shop: Shop;

before(async () => {
  backend = await otlpReceiver(fileCleanup);
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_BSP_SCHEDULE_DELAY: "20" };
  shop = await startShop(fileCleanup, { environment: Object.fromEntries(names.map((name) => [name, tracing])) });
});

/** The spans of the trace in which an order was placed, once its letter has been delivered and nothing of it is missing. */
const traceOf = (orderId: string): Promise<ReceivedSpan[]> =>
  eventually(async () => {
    const [row] = await shop
      .database("orders")
      .query<{ traceparent: string }>("select traceparent from saga where key = $1", [orderId]);
    const traceId = row?.traceparent.split("-")[1];
    const trace = backend.spans.filter((span) => span.traceId === traceId);
    const has = (name: string) => trace.some((span) => span.name === name);
    assert.ok(has("deliver letter") && notified(trace), `${trace.length} spans so far`);
    assertConnected(trace);
    return trace;
  });

const notified = (trace: readonly ReceivedSpan[]) =>
  trace.some(({ service, name }) => service === "notifications" && name.startsWith("process order."));

/** Every span but one has its parent in the trace, and begins no earlier. */
function assertConnected(trace: readonly ReceivedSpan[]): void {
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  assert.equal(byId.size, trace.length, "no id is used twice");
  const roots = trace.filter(({ parentId }) => parentId === "");
  assert.deepEqual(
    roots.map(({ service, name }) => [service, name]),
    [["gateway", "POST /api/orders"]],
  );
  for (const span of trace) {
    const parent = byId.get(span.parentId);
    if (span.parentId !== "") assert.ok(parent, `${span.service}: ${span.name} has a parent that is not there`);
    assert.ok(span.start <= span.end, `${span.name} ends before it begins`);
  }
}

/** The names from a span up to the root. */
function pathOf(trace: readonly ReceivedSpan[], service: string, name: string): string[] {
  const path: string[] = [];
  let span = trace.find((each) => each.service === service && each.name === name);
  while (span) {
    path.push(`${span.service}: ${span.name}`);
    const { parentId } = span;
    span = trace.find(({ spanId }) => spanId === parentId);
  }
  return path;
}

test("a confirmed order is one connected trace across HTTP, queue, saga, letter and notification", async () => {
  const product = await shop.admin.addProduct({ name: "Flag", price: 500 }, 5);
  const ann = await shop.customer("Ann");
  const { id, status } = await ann.order(product.id, 1);
  assert.equal(status, "confirmed");
  const trace = await traceOf(id);
  assert.deepEqual(new Set(trace.map(({ service }) => service)), new Set(names));
  assert.deepEqual(pathOf(trace, "payments", "PUT /payments/{orderId}"), [
    "payments: PUT /payments/{orderId}",
    "orders: PUT /payments/{orderId}",
    "orders: step charge payment",
    "orders: POST /orders",
    "gateway: POST /orders",
    "gateway: POST /api/orders",
  ]);
  assert.deepEqual(pathOf(trace, "email", "deliver letter").slice(0, 4), [
    "email: deliver letter",
    "email: process order.confirmed",
    "orders: create order.confirmed",
    "orders: step confirm order",
  ]);
});

test("a rejected order is one connected trace, with what undid it", async () => {
  const product = await shop.admin.addProduct({ name: "Kite", price: 500 }, 5);
  const ben = await shop.customer("Ben");
  const { id, status } = await ben.order(product.id, 1, "pm_card_declined");
  assert.equal(status, "rejected");
  const trace = await traceOf(id);
  assert.ok(trace.some(({ name }) => name.startsWith("step undo ")));
  const failed = trace.filter((span) => span.failed).map(({ service, name }) => `${service}: ${name}`);
  assert.deepEqual(failed, [], "a declined card is an answer, not a failure of a service");
});

test("each service tells how its requests, calls, connections and sagas go, by names and never by ids", async () => {
  const product = await shop.admin.addProduct({ name: "Drum", price: 500 }, 5);
  const eve = await shop.customer("Eve");
  const { id } = await eve.order(product.id, 1);
  const [orders = "", inventory = ""] = await Promise.all(
    ["orders", "inventory"].map(async (name) => (await fetch(`${shop.url(name)}/metrics`)).text()),
  );
  const told = [
    /^http_server_request_duration_seconds_count\{method="GET",route="\/orders\/:id",status="200",service="orders"\} \d/m,
    /^http_client_request_duration_seconds_count\{target="inventory",call="reserveStock",outcome="ok",service="orders"\} \d/m,
    /^database_connections\{state="idle",service="orders"\} \d/m,
    /^sagas_ended_total\{saga="fulfil order",outcome="done",service="orders"\} \d/m,
    /^sagas\{status="parked",service="orders"\} 0$/m,
    /^nodejs_eventloop_lag_p99_seconds\{service="orders"\} /m,
    /^nodejs_heap_size_used_bytes\{service="orders"\} /m,
  ];
  for (const line of told) assert.ok(line.test(orders), `${line} is not told:\n${orders.slice(0, 20_000)}`);
  for (const secret of [id, product.id, eve.user.id]) assert.ok(!`${orders}${inventory}`.includes(secret));
  const outside = await eve.ask("GET", "/metrics");
  assert.equal(outside.status, 404, "the world sees no metrics");
});

test("no span of any service hangs in the air: each has its parent, or begins a trace", async () => {
  await eventually(() => {
    const known = new Set(backend.spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    const lost = backend.spans.filter(
      ({ traceId, parentId }) => parentId !== "" && !known.has(`${traceId} ${parentId}`),
    );
    assert.deepEqual(
      lost.map(({ service, name }) => `${service}: ${name}`),
      [],
    );
    return backend.spans.length > 0;
  });
});
