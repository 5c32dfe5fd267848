import { deepEqual, match } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import amqplib from "amqplib";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import { eventually } from "../../testing/eventually.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../testing/servers/rabbitmq.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Broker } from "../brokers/broker.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import { brokerMigrations } from "../brokers/postgres/migrate-broker.ts";
import { postgresBroker } from "../brokers/postgres/postgres-broker.ts";
import { rabbitmqBroker } from "../brokers/rabbitmq/rabbitmq-broker.ts";
import { startConsumer } from "../consumer/consumer.ts";
import { LARGEST_MESSAGE } from "../envelope.ts";
import { effects, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { on } from "../messaging.ts";

/* What somebody puts into a broker past the publisher. */
const sound = (number: number) => testMessage({ key: "a", body: { thingId: "a", number } });
const but = (change: object) => JSON.stringify({ ...sound(1), ...change });
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const withBody = (body: string) => but({ body: 0 }).replace('"body":0', `"body":${body}`);

type Bad = { what: string; raw: string | Buffer; cause: string; contentType?: string };

const JSON_TYPE = "application/json";
const bad: readonly Bad[] = [
  { what: "10 MB", raw: but({ body: "x".repeat(10 * LARGEST_MESSAGE) }), cause: "bytes, more than 1048576" },
  { what: "half of a JSON", raw: but({}).slice(0, 100), cause: "it is not JSON in UTF-8" },
  { what: "no UTF-8", raw: Buffer.from([0x22, 0xff, 0xfe, 0x22]), cause: "it is not JSON in UTF-8" },
  { what: "another content type", raw: but({}), cause: "its content type is text/plain", contentType: "text/plain" },
  { what: "no id", raw: but({ id: undefined }), cause: "/id must be a text" },
  { what: "a number for an id", raw: but({ id: 7 }), cause: "/id must be a text" },
  { what: "an id of another kind", raw: but({ id: "not a uuid" }), cause: "/id must be a UUID" },
  { what: "a text for a version", raw: but({ version: "1" }), cause: "/version must be a whole number" },
  { what: "an unknown version", raw: but({ version: 2 }), cause: "/version 2 is not known" },
  { what: "another schema", raw: but({ body: { thingId: "a", number: "1" } }), cause: "/number must be integer" },
  { what: "no body", raw: but({ body: null }), cause: "must be object" },
  { what: "100 levels", raw: withBody(nested(100)), cause: "nested deeper than 64" },
  // As bytes: in the process there is nobody who could make such a value.
  { what: "10,000 levels", raw: Buffer.from(withBody(nested(10_000))), cause: "nested deeper than 64" },
];

type Stuffed = {
  broker: Broker;
  /** Puts something in as it is; throws when the broker does not take it. */
  stuff(given: Bad): Promise<unknown>;
};

async function onMemory(): Promise<Stuffed> {
  const broker = memoryBroker();
  await broker.declare(new Map([["thing.happened", ["reader"]]]));
  // The queue takes what has its type, whatever else it is.
  return { broker, stuff: async ({ raw }) => broker.publish([JSON.parse(String(raw))]) };
}

async function onPostgres(t: TestContext): Promise<Stuffed> {
  const { url, database } = await testDatabase(t, [brokerMigrations]);
  const broker = await postgresBroker({ url, clock: systemClock, log: quiet, interval: 20 });
  t.after(() => broker.close());
  const stuff = ({ what, raw }: Bad) =>
    database.query(
      `insert into delivery (consumer, message_id, lane, message)
       values ('reader', $1, $1, convert_from($2::bytea, 'utf8')::json)`,
      [what, Buffer.from(raw)],
    );
  return { broker, stuff };
}

async function onRabbitmq(t: TestContext): Promise<Stuffed> {
  const node = await rabbitmqNode();
  const exchange = `bad-${newId()}`;
  const broker = await rabbitmqBroker({ url: `${node.url}?exchange=${exchange}`, clock: systemClock, log: quiet });
  t.after(() => broker.close());
  const connection = await amqplib.connect(node.url);
  t.after(() => connection.close());
  const channel = await connection.createConfirmChannel();
  async function stuff({ raw, contentType = JSON_TYPE }: Bad): Promise<void> {
    channel.publish(exchange, "thing.happened.0", Buffer.from(raw), { contentType });
    await channel.waitForConfirms();
  }
  return { broker, stuff };
}

/** Those that the broker does not even take. */
async function refusedOf(stuff: Stuffed["stuff"], all: readonly Bad[]): Promise<string[]> {
  const refused: string[] = [];
  for (const each of all) {
    await stuff(each).catch((error: Error) => {
      match(error.message, /more than 1048576|message_size|JSON|json|encoding/);
      refused.push(each.what);
    });
  }
  return refused;
}

/** The driver in the process has neither bytes nor content types, the one on PostgreSQL no content types. */
const values = bad.filter(({ raw, contentType }) => typeof raw === "string" && !contentType);
const texts = bad.filter(({ contentType }) => !contentType);

type Driver = {
  name: string;
  make(t: TestContext): Promise<Stuffed>;
  all: readonly Bad[];
  refused: readonly string[];
  skip?: string | false;
};

const drivers: readonly Driver[] = [
  { name: "memory", make: onMemory, all: values, refused: ["10 MB", "half of a JSON"] },
  { name: "postgres", make: onPostgres, all: texts, refused: ["10 MB", "half of a JSON", "no UTF-8"] },
  { name: "rabbitmq", make: onRabbitmq, all: bad, refused: [], skip: rabbitmqMissing },
];

for (const { name, make, all, refused, skip } of drivers) {
  describe(`a consumer on the ${name} broker, with what is no message of ours`, { skip: skip ?? false }, () => {
    it("parks with the cause what the broker takes of it, and the rest flows on", async (t) => {
      const { database } = await serviceDatabase(t);
      const { broker, stuff } = await make(t);
      const write = on(thingHappened, async ({ thingId, number }, tx) => {
        await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
      });
      const options = { consumer: "reader", subscriptions: [write], clock: systemClock, log: quiet };
      t.after(await startConsumer({ ...options, database, broker }));
      deepEqual(await refusedOf(stuff, all), refused);
      await broker.publish([sound(2)]);
      await eventually(async () => (await effects(database)).length === 1);
      const expected = all.filter(({ what }) => !refused.includes(what));
      const causes = async () =>
        (await database.query<{ cause: string }>("select cause from dead_letter")).map(({ cause }) => cause);
      await eventually(async () => (await causes()).length === expected.length);
      const parked = await causes();
      const missing = expected.filter(({ cause }) => {
        const index = parked.findIndex((each) => each.includes(cause));
        if (index >= 0) parked.splice(index, 1);
        return index < 0;
      });
      deepEqual([missing.map(({ what }) => what), parked], [[], []]);
    });
  });
}
