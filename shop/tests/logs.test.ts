import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "@flotilla/contracts/orders";
import { startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";

type Line = Record<string, unknown>;

test("a confirmed order leaves one line for each call and each message, in every service that had to do with it", async (t) => {
  const lines: Line[] = [];
  const shop = await startShop(t, { log: { write: (line) => void lines.push(JSON.parse(line)) } });
  const { id } = await shop.admin.addProduct({ name: "Log book", price: 1_200 }, 5);
  const customer = await shop.customer();
  lines.length = 0;
  const order: Order = await customer.order(id, 1);
  assert.equal(order.status, "confirmed");
  const of = (wanted: Line) =>
    lines.filter((line) => Object.entries(wanted).every(([name, value]) => line[name] === value));
  const told = await eventually("email and notifications have heard of it", async () => {
    const heard = of({ msg: "message", key: order.id, event: "order.confirmed" });
    return heard.length >= 2 ? heard : undefined;
  });
  assert.deepEqual(told.map(({ service }) => service).toSorted(), ["email", "notifications"]);
  const [placed, ...more] = of({ service: "orders", msg: "call", method: "POST", route: "/orders" });
  assert.equal(more.length, 0);
  assert.deepEqual([placed?.["level"], placed?.["status"], placed?.["id"]], ["info", 201, order.id]);
  const [request] = of({ service: "gateway", msg: "request", method: "POST" });
  for (const name of ["requestId", "traceId"]) assert.equal(placed?.[name], request?.[name]);
  for (const service of ["inventory", "payments"]) {
    const calls = of({ service, msg: "call", orderId: order.id });
    assert.ok(calls.length >= 1, service);
    for (const call of calls) assert.equal(call["traceId"], request?.["traceId"]);
  }
  for (const message of told) assert.equal(message["traceId"], request?.["traceId"]);
});
