import assert from "node:assert/strict";
import { test } from "node:test";
import { defineTopology, readReplicas } from "./topology.ts";

const listed = (...services: string[]) => defineTopology(import.meta.url, { services });

test("each service runs as often as it is asked for, else once", () => {
  const { replicas, faults } = readReplicas(listed("gateway", "orders", "users"), " users=3, ");
  assert.deepEqual(faults, []);
  assert.deepEqual(Object.fromEntries(replicas), { gateway: 1, orders: 1, users: 3 });
});

test("each wrong part is told by itself", () => {
  const text = "order=2,users=0,users=many,orders=1.5,users=-1,nonsense,=3";
  assert.deepEqual(readReplicas(listed("gateway", "orders", "users"), text).faults, [
    'there is no service "order": gateway, orders, users',
    "users must be a number from 1 to 16",
    "users must be a number from 1 to 16",
    "orders must be a number from 1 to 16",
    "users must be a number from 1 to 16",
    'there is no service "nonsense": gateway, orders, users',
    'there is no service "=3": gateway, orders, users',
  ]);
});

test("a list refuses two services of one name, names that can't name a database, and roles of services that are not in it", () => {
  assert.throws(() => listed("orders", "orders"), /^Error: there are two services named orders: rename one$/);
  assert.throws(() => listed('orders"; drop'), /can't be the name of a service/);
  const topology = { services: ["orders"] };
  assert.throws(
    () => defineTopology(import.meta.url, { ...topology, identity: "users" }),
    /no service named users.*identity/,
  );
  assert.throws(
    () => defineTopology(import.meta.url, { ...topology, edge: "gateway" }),
    /no service named gateway.*edge/,
  );
});
