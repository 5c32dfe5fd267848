import { equal, match, ok } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { eventually } from "../testing/eventually.ts";
import { testMessage } from "../testing/suites/broker-under-test.ts";
import type { Broker, BrokerState } from "./brokers/broker.ts";
import { memoryBroker } from "./brokers/memory/memory-broker.ts";
import { startConsumer } from "./consumer/consumer.ts";
import { readMessageState } from "./message-state.ts";
import { quiet, serviceDatabase, takingBroker, thingHappened } from "./messaging.fixture.ts";
import { on } from "./messaging.ts";
import { showMessages } from "./messaging-metrics.ts";
import { createPublish } from "./outbox/outbox.ts";
import { createRelay } from "./outbox/relay.ts";

/** The value of one line of the metrics, `name{labels}` as Prometheus writes it. */
async function readingOf(metrics: Metrics, name: string, label = ""): Promise<number | undefined> {
  const lines = (await metrics.text()).split("\n");
  const line = lines.find(
    (each) => (each.startsWith(`${name}{`) || each.startsWith(`${name} `)) && each.includes(label),
  );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
}

const shown = (database: Database, broker: Broker) => {
  const metrics = createMetrics("things");
  showMessages(metrics, { database, broker, clock: systemClock });
  return metrics;
};

const publish = createPublish({ service: "things", onCommit: () => {} });

function relaying(t: TestContext, database: Database, broker: Broker, metrics: Metrics): void {
  const options = { database, broker, metrics, clock: systemClock, log: quiet, interval: 20, attempts: 1 };
  const relay = createRelay(options);
  relay.start();
  t.after(() => relay.stop());
}

describe("metrics of the outbox", () => {
  it("tell how many events wait and for how long, and how many can't be sent", async (t) => {
    const { database } = await serviceDatabase(t);
    await database.transaction(async (tx) => {
      await publish(tx, thingHappened, { thingId: "a", number: 1 });
      await publish(tx, thingHappened, { thingId: "bad", number: 2 });
    });
    await database.query("update outbox set created_at = now() - interval '90 s' where key = 'a'");
    const broker = takingBroker(async (messages) =>
      messages.map(({ key }) => (key === "bad" ? { failed: "nobody wants it" } : "confirmed")),
    );
    const before = shown(database, broker);
    equal(await readingOf(before, "outbox_pending"), 2);
    equal(await readingOf(before, "outbox_parked"), 0);
    ok(Number(await readingOf(before, "outbox_oldest_seconds")) >= 90);
    const metrics = shown(database, broker);
    relaying(t, database, broker, metrics);
    await eventually(async () => (await readMessageState(database)).parked === 1);
    equal(await readingOf(metrics, "outbox_pending"), 0);
    equal(await readingOf(metrics, "outbox_parked"), 1);
    equal(await readingOf(metrics, "outbox_oldest_seconds"), 0);
    equal(await readingOf(metrics, "outbox_sent_total"), 1);
    equal(await readingOf(metrics, "outbox_refused_total"), 1);
  });

  it("are read from partial indexes, so that what was sent and handled long ago costs nothing", async (t) => {
    const { database } = await serviceDatabase(t);
    await database.query(
      `insert into outbox (key, message, sent_at) select 'old', '{}', now() from generate_series(1, 20000)`,
    );
    await database.query("vacuum analyze outbox");
    const plan = await database.transaction(async (tx) => {
      const explained: string[] = [];
      await readMessageState({
        async query(text, values) {
          const rows = await tx.query<{ "QUERY PLAN": string }>(`explain (analyze, buffers) ${text}`, values);
          explained.push(...rows.map((row) => row["QUERY PLAN"]));
          return [];
        },
      });
      return explained.join("\n");
    });
    ok(!/Seq Scan on outbox/.test(plan), plan);
    match(plan, /outbox_unsent/);
    // All buffers of the statement: the first line that counts them.
    const [, hit = "", read = "0"] = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(plan) ?? [];
    ok(Number(hit) + Number(read) < 40, `${hit} and ${read} buffers`);
  });

  it("tell the state of the broker", async (t) => {
    const { database } = await serviceDatabase(t);
    let state: BrokerState = "connected";
    const metrics = shown(database, { ...memoryBroker(), state: () => state });
    equal(await readingOf(metrics, "broker_state", `state="connected"`), 1);
    state = "blocked";
    equal(await readingOf(metrics, "broker_state", `state="connected"`), 0);
    equal(await readingOf(metrics, "broker_state", `state="blocked"`), 1);
  });
});

describe("metrics of a consumer", () => {
  it("count what was handled, repeated, failed, delivered again and parked, by the types it knows", async (t) => {
    const { database } = await serviceDatabase(t);
    const broker = memoryBroker();
    const metrics = shown(database, broker);
    let attempts = 0;
    const handle = on(thingHappened, async ({ number }) => {
      attempts += 1;
      if (number === 2 && attempts < 3) throw new Error("not yet");
    });
    const options = { database, broker, metrics, clock: systemClock, log: quiet, backoff: { first: 5, most: 10 } };
    t.after(await startConsumer({ consumer: "reader", subscriptions: [handle], ...options }));
    const happened = (number: number) => testMessage({ key: "a", body: { thingId: "a", number } });
    const first = happened(2);
    const of = (name: string) => readingOf(metrics, name, `type="thing.happened"`);
    await broker.publish([first]);
    await eventually(async () => (await of("messages_handled_total")) === 1);
    await broker.publish([first]);
    await eventually(async () => (await of("messages_repeated_total")) === 1);
    await broker.publish([happened(-1)]);
    await eventually(async () => (await of("messages_parked_total")) === 1);
    equal(await of("messages_handled_total"), 1);
    equal(await of("messages_failed_total"), 2);
    equal(await of("messages_redelivered_total"), 2);
    equal(await of("messages_arrival_seconds_count"), 1);
    equal((await readMessageState(database)).lettersParked, 1);
  });

  it("call a type that nobody subscribed to unknown, whatever a stranger named it", async (t) => {
    const { database } = await serviceDatabase(t);
    const broker = memoryBroker();
    const metrics = shown(database, broker);
    const options = { database, broker, metrics, clock: systemClock, log: quiet };
    t.after(
      await startConsumer({ consumer: "reader", subscriptions: [on(thingHappened, async () => {})], ...options }),
    );
    await broker.declare(new Map([["made.up", ["reader"]]]));
    await broker.publish([testMessage({ type: "made.up" })]);
    await eventually(async () => (await readingOf(metrics, "messages_parked_total", `type="unknown"`)) === 1);
    ok(!(await metrics.text()).includes("made.up"));
  });
});
