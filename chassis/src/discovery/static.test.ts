import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError } from "../core/configuration/config.ts";
import { createLog } from "../telemetry/log.ts";
import { connectDiscovery } from "./connect-discovery.ts";
import { parseInstances, staticDiscovery } from "./static.ts";

const log = createLog({ service: "test", level: "silent" });

test("static discovery knows what it was told last", () => {
  const told = { orders: ["http://127.0.0.1:1"] };
  const discovery = staticDiscovery(told);
  told.orders.push("http://127.0.0.1:2");
  assert.deepEqual(discovery.instances("orders"), ["http://127.0.0.1:1"]);
  discovery.update({ users: ["http://127.0.0.1:3"] });
  assert.deepEqual(discovery.instances("orders"), []);
  assert.deepEqual(discovery.instances("users"), ["http://127.0.0.1:3"]);
});

test("no name is known by chance", () => {
  const discovery = staticDiscovery({});
  for (const name of ["constructor", "__proto__", "toString"]) assert.deepEqual(discovery.instances(name), []);
});

test("static: is found by its address and can be updated", async () => {
  const discovery = await connectDiscovery("static:", {
    instances: { orders: ["http://127.0.0.1:1"] },
    log,
  });
  assert.deepEqual(discovery.instances("orders"), ["http://127.0.0.1:1"]);
  discovery.update?.({});
  assert.deepEqual(discovery.instances("orders"), []);
  await discovery.close();
});

test("instances are origins by service, and anything else is a fault", () => {
  const instances = { orders: ["http://127.0.0.1:1", "http://orders.example"], users: [] };
  assert.deepEqual(parseInstances(JSON.stringify(instances)), instances);
  const wrong = ["", "[]", "null", '{"a":"http://b"}', '{"a":["b:1"]}', '{"a":["http://b/c"]}', '{"a":["file:///c"]}'];
  for (const json of wrong) assert.throws(() => parseInstances(json), ConfigurationError, json);
});
