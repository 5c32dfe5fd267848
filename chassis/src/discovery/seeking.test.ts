import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "../testing/fake-clock.ts";
import { seeking } from "./seeking.ts";
import { staticDiscovery } from "./static.ts";

test("who was asked for is waited for until somebody is known of each, and who was not asked for is not", async () => {
  const known = staticDiscovery({});
  const discovery = seeking(known);
  const clock = fakeClock();
  await discovery.found(clock);

  discovery.instances("orders");
  discovery.instances("users");
  let found = false;
  const waiting = discovery.found(clock).then(() => {
    found = true;
  });
  known.update({ orders: ["http://127.0.0.1:1"], products: ["http://127.0.0.1:2"] });
  await clock.advance(1_000);
  assert.equal(found, false);
  known.update({ orders: ["http://127.0.0.1:1"], users: ["http://127.0.0.1:3"] });
  await clock.advance(1_000);
  await waiting;
});
