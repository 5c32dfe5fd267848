import assert from "node:assert/strict";
import { test } from "node:test";
import { callersOf, defineTopology, readReplicas } from "./topology.ts";

const main = new URL("./fixtures/service.ts", import.meta.url);
const topology = defineTopology({
  tiers: [
    [{ name: "gateway", main, edge: true }],
    [
      { name: "orders", main, replicas: 2 },
      { name: "users", main },
    ],
  ],
});

test("each service runs as often as it is asked for, else as often as the topology says", () => {
  const { replicas, faults } = readReplicas(topology, " users=3, ");
  assert.deepEqual(faults, []);
  assert.deepEqual(Object.fromEntries(replicas), { gateway: 1, orders: 2, users: 3 });
});

test("each wrong part is told by itself", () => {
  const { faults } = readReplicas(topology, "order=2,users=0,users=many,orders=1.5,users=-1,nonsense,=3");
  assert.deepEqual(faults, [
    'there is no service "order": gateway, orders, users',
    "users must be a number from 1 to 16",
    "users must be a number from 1 to 16",
    "orders must be a number from 1 to 16",
    "users must be a number from 1 to 16",
    'there is no service "nonsense": gateway, orders, users',
    'there is no service "=3": gateway, orders, users',
  ]);
});

test("two services of one name, and names that can't name a database, are refused", () => {
  const tier = (...names: string[]) => ({ tiers: [names.map((name) => ({ name, main }))] });
  assert.throws(() => defineTopology(tier("orders", "orders")), /two services named orders/);
  assert.throws(() => defineTopology(tier('orders"; drop')), /can't be the name/);
});

test("callers are those that name a service, and all others when it knows the people", () => {
  const called = defineTopology({
    identity: "users",
    tiers: [
      [
        { name: "gateway", main, edge: true, calls: ["orders"] },
        { name: "orders", main },
        { name: "users", main },
      ],
    ],
  });
  assert.deepEqual(callersOf(called, "orders"), ["gateway"]);
  assert.deepEqual(callersOf(called, "users"), ["gateway", "orders"]);
  assert.deepEqual(callersOf(called, "gateway"), []);
});

test("a call to a service that is not there is refused", () => {
  const calling = { tiers: [[{ name: "orders", main, calls: ["stock"] }]] };
  assert.throws(() => defineTopology(calling), /no service named stock/);
  assert.throws(() => defineTopology({ tiers: [], identity: "users" }), /no service named users/);
});
