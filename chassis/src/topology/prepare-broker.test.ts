import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../core/clock.ts";
import { connectBroker } from "../messaging/brokers/connect-broker.ts";
import { createLog } from "../telemetry/log.ts";
import { testDatabase } from "../testing/servers/postgres.ts";
import { testMessage } from "../testing/suites/broker-under-test.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { prepareBroker } from "./prepare-broker.ts";

test("a service that is on the list no more gets no more events, and comes back with those from then on", async (t) => {
  const { url, database } = await testDatabase(t);
  const planFile = join(await temporaryFolder(t), "consumers.json");
  const prepare = (...consumers: string[]) =>
    prepareBroker(url, { roles: [], subscriptions: new Map([["thing.happened", consumers]]) }, planFile);
  assert.deepEqual(await prepare("reader", "writer"), []);
  const log = createLog({ service: "test", level: "silent" });
  const broker = await connectBroker(url, { name: "test", clock: systemClock, log });
  t.after(() => broker.close());
  const kept = async () => {
    await broker.publish([testMessage()]);
    const rows = await database.query<{ consumer: string }>("delete from delivery returning consumer");
    return rows.map(({ consumer }) => consumer).sort();
  };
  assert.deepEqual(await kept(), ["reader", "writer"]);
  assert.deepEqual(await prepare("writer"), ["reader"]);
  assert.deepEqual(await kept(), ["writer"]);
  assert.deepEqual(await prepare("writer"), []);
  await prepare("reader", "writer");
  assert.deepEqual(await kept(), ["reader", "writer"]);
});
