import { deepEqual } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import { newId } from "../../../core/id.ts";
import type { Database } from "../../../database/database.ts";
import { eventually } from "../../../testing/eventually.ts";
import { type RabbitmqNode, rabbitmqMissing, rabbitmqNode } from "../../../testing/servers/rabbitmq.ts";
import { startConsumer } from "../../consumer/consumer.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "../../messaging.fixture.ts";
import { type EventHandler, on } from "../../messaging.ts";
import { createPublish } from "../../outbox/outbox.ts";
import { createRelay } from "../../outbox/relay.ts";
import type { Broker } from "../broker.ts";
import { rabbitmqBroker } from "./rabbitmq-broker.ts";

type Side = "things" | "reader";
type Control = RabbitmqNode["control"];
type Names = { readonly vhost: string; readonly users: Readonly<Record<Side, string>> };

/** What ails a broker, who finds that it is away, and what makes it well. */
type Outage = {
  readonly what: string;
  readonly is: "away" | "blocked";
  readonly whose: readonly Side[];
  /** Whether those who are connected have to come back before they notice. */
  readonly reconnect?: true;
  ail(control: Control, names: Names): Promise<unknown>;
  heal(control: Control, names: Names): Promise<unknown>;
};

const allow = (control: Control, { vhost, users }: Names, side: Side, ...rights: string[]) =>
  control("set_permissions", "-p", vhost, users[side], ...(rights.length ? rights : [".*", ".*", ".*"]));

const outages: readonly Outage[] = [
  {
    what: "has lost its vhost",
    is: "away",
    whose: ["things", "reader"],
    ail: (control, { vhost }) => control("delete_vhost", vhost),
    async heal(control, names) {
      await control("add_vhost", names.vhost);
      // Whose queues are gone declares them before anything is published.
      await allow(control, names, "reader");
    },
  },
  {
    what: "lets nobody publish",
    is: "away",
    whose: ["things"],
    // A channel remembers what it was allowed a moment ago.
    reconnect: true,
    ail: (control, names) => allow(control, names, "things", ".*", "^$", ".*"),
    heal: (control, names) => allow(control, names, "things"),
  },
  {
    what: "lets nobody consume",
    is: "away",
    whose: ["reader"],
    reconnect: true,
    ail: (control, names) => allow(control, names, "reader", ".*", ".*", "^$"),
    heal: (control, names) => allow(control, names, "reader"),
  },
  {
    what: "lets nobody declare",
    is: "away",
    whose: ["things", "reader"],
    reconnect: true,
    async ail(control, names) {
      await allow(control, names, "things", "^$", ".*", ".*");
      await allow(control, names, "reader", "^$", ".*", ".*");
    },
    async heal(control, names) {
      await allow(control, names, "reader");
      await allow(control, names, "things");
    },
  },
  {
    what: "takes no messages for want of memory",
    is: "blocked",
    whose: ["things"],
    ail: (control) => control("set_vm_memory_high_watermark", "absolute", "1"),
    heal: (control) => control("set_vm_memory_high_watermark", "0.6"),
  },
];

async function world(t: TestContext) {
  const { url, control } = await rabbitmqNode();
  // A node answers a little before it lets itself be controlled.
  await control("await_startup");
  const id = newId();
  const names: Names = { vhost: `vhost-${id}`, users: { things: `things-${id}`, reader: `reader-${id}` } };
  await control("add_vhost", names.vhost);
  const connect = async (side: Side): Promise<Broker> => {
    const username = names.users[side];
    await control("add_user", username, "secret");
    await allow(control, names, side);
    const own = Object.assign(new URL(url), { username, password: "secret", pathname: `/${names.vhost}` });
    const broker = await rabbitmqBroker({ url: own.href, clock: systemClock, log: quiet });
    t.after(() => broker.close());
    return broker;
  };
  const brokers = { things: await connect("things"), reader: await connect("reader") };
  const databases = { things: (await serviceDatabase(t)).database, reader: (await serviceDatabase(t)).database };
  return { control, names, brokers, databases };
}

const write: EventHandler<Happened> = async ({ thingId, number }, tx) => {
  await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
};

const publish = createPublish({ service: "things", onCommit: () => {} });

async function publishNumbers(database: Database, ...numbers: number[]): Promise<void> {
  for (const number of numbers)
    await database.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number }));
}

const handled = async (database: Database) => (await effects(database)).map(({ number }) => number);

for (const { what, is, whose, reconnect, ail, heal } of outages) {
  describe(`a RabbitMQ that ${what}`, { skip: rabbitmqMissing, timeout: 120_000 }, () => {
    it(`is ${is}, and parks nothing; what waited is handled in its order`, async (t) => {
      const { control, names, brokers, databases } = await world(t);
      const around = { clock: systemClock, log: quiet };
      const subscriptions = [on(thingHappened, write)];
      const stop = await startConsumer({
        ...around,
        consumer: "reader",
        broker: brokers.reader,
        database: databases.reader,
        subscriptions,
        attempts: 1,
      });
      t.after(stop);
      const relay = createRelay({
        ...around,
        database: databases.things,
        broker: brokers.things,
        interval: 20,
        attempts: 1,
      });
      relay.start();
      t.after(() => relay.stop());
      await publishNumbers(databases.things, 0, 1);
      await eventually(async () => (await handled(databases.reader)).length === 2);
      await ail(control, names);
      if (reconnect) await control("close_all_connections", "--vhost", names.vhost, "a test");
      await publishNumbers(databases.things, 2, 3, 4);
      for (const side of whose) await eventually(() => brokers[side].state() === is);
      const parked = async () => [
        ...(await databases.things.query("select cause from outbox where parked_at is not null or attempts > 0")),
        ...(await databases.reader.query("select cause from dead_letter")),
      ];
      deepEqual(await parked(), []);
      await heal(control, names);
      await eventually(() => brokers.reader.state() === "connected");
      await allow(control, names, "things");
      await eventually(async () => (await handled(databases.reader)).length === 5);
      await eventually(() => brokers.things.state() === "connected");
      deepEqual([await handled(databases.reader), await parked()], [[0, 1, 2, 3, 4], []]);
    });
  });
}
