import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { defineGateway } from "../../gateway/host/gateway-definition.ts";
import { on } from "../../messaging/messaging.ts";
import { defineService } from "../../service/definition.ts";
import { callersOf, subscriptionsOf, systemOf, tiersOf } from "./system.ts";

const replies = { 204: null } as const;
const charge = call("POST /charges", { access: "internal", replies });
const refund = call("POST /refunds", { access: "internal", replies });
const listEnded = call("GET /ended-sessions", { access: "internal", replies });
const show = call("GET /orders", { access: "customer", replies });
const ordered = event("order.placed", { key: "id", body: Fields({ id: Id }) });
const answers = async () => undefined;

const orders = defineService(contract("orders", { calls: { show }, events: { ordered } }), {
  calls: { payments: { charge } },
  wire: () => ({ show: answers }),
});
const payments = defineService(contract("payments", { calls: { charge, refund } }), {
  consumes: [ordered],
  wire: () => ({ answers: { charge: answers, refund: answers }, consumes: [on(ordered, async () => {})] }),
});
const users = defineService(contract("users", { calls: { listEnded } }), { wire: () => ({ listEnded: answers }) });
const email = defineService(contract("email"), { consumes: [on(ordered, async () => {})] });
const system = systemOf([defineGateway({ title: "Test" }), orders, payments, users, email], "users");

const member = (name: string) => system.services.find((service) => service.name === name);
const names = (services: readonly { name: string }[]) => services.map(({ name }) => name);

test("who may make an internal call follows from who declares to call it, and all may ask which sessions have ended", () => {
  assert.deepEqual(member("payments")?.internalCallers, { "POST /charges": ["orders"], "POST /refunds": [] });
  assert.deepEqual(member("users")?.internalCallers, {
    "GET /ended-sessions": ["gateway", "orders", "payments", "users", "email"],
  });
  assert.deepEqual(member("orders")?.internalCallers, {});
});

test("who publishes and who consumes what is what contracts and declarations say", () => {
  assert.deepEqual(member("orders")?.publishes, ["order.placed"]);
  assert.deepEqual(subscriptionsOf(system), new Map([["order.placed", ["payments", "email"]]]));
});

test("callers are those that declare a call, the edge, and all others for who knows the people", () => {
  assert.deepEqual(callersOf(system, "payments"), ["gateway", "orders"]);
  assert.deepEqual(callersOf(system, "users"), ["gateway", "orders", "payments", "email"]);
  assert.deepEqual(callersOf(system, "gateway"), []);
});

test("a stop begins with callers; services that call each other in a ring stop together", () => {
  assert.deepEqual(tiersOf(system).map(names), [["gateway"], ["orders", "users", "email"], ["payments"]]);
  const ring = systemOf([
    defineService(contract("a"), { calls: { b: { charge } } }),
    defineService(contract("b"), { calls: { a: { charge } } }),
  ]);
  assert.deepEqual(tiersOf(ring).map(names), [["a", "b"]]);
});
