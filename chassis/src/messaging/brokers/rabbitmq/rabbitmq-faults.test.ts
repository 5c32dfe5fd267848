import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import amqplib from "amqplib";
import { systemClock } from "../../../core/clock.ts";
import { newId } from "../../../core/id.ts";
import { eventually } from "../../../testing/eventually.ts";
import { type RabbitmqNode, rabbitmqMissing, rabbitmqNode } from "../../../testing/servers/rabbitmq.ts";
import { becomesTrue, collect, ids, keyed, subscribe, testMessage } from "../../../testing/suites/broker-under-test.ts";
import { quiet } from "../../messaging.fixture.ts";
import type { Broker, Delivery } from "../broker.ts";
import { type Names, namesBelow, PARTITIONS } from "./names.ts";
import { rabbitmqBroker } from "./rabbitmq-broker.ts";

const audience = new Map([["thing.happened", ["consumer", "other"]]]);

async function world(t: TestContext) {
  const node = await rabbitmqNode();
  const exchange = `faults-${newId()}`;
  const connect = async (): Promise<Broker> => {
    const broker = await rabbitmqBroker({ url: `${node.url}?exchange=${exchange}`, clock: systemClock, log: quiet });
    t.after(() => broker.close());
    return broker;
  };
  return { node, exchange, connect, channel: () => rawChannel(t, node) };
}

async function rawChannel(t: TestContext, node: RabbitmqNode) {
  const connection = await amqplib.connect(node.url);
  t.after(() => connection.close());
  return connection.createChannel();
}

describe("rabbitmq broker, when things break", { skip: rabbitmqMissing, timeout: 90_000 }, () => {
  it("keeps what is published while a consumer's queues are deleted, and hands it over once they are declared anew", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const publisher = await connect();
    await publisher.declare(audience);
    const raw = await channel();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await raw.deleteQueue(`${exchange}.consumer.${partition}`);
    }
    const [first, second] = keyed(2, "a");
    deepEqual(await publisher.publish([first, second] as never), ["confirmed", "confirmed"]);
    const seen: Delivery[] = [];
    await subscribe(await connect(), { handle: collect(seen) });
    await becomesTrue(() => deepEqual(ids(seen), [first?.id, second?.id]));
  });

  it("goes on with a queue that was deleted under its reader", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const seen: Delivery[] = [];
    await subscribe(await connect(), { handle: collect(seen) });
    const raw = await channel();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await raw.deleteQueue(`${exchange}.consumer.${partition}`);
    }
    const publisher = await connect();
    await publisher.declare(audience);
    const message = testMessage();
    await eventually(async () => (await publisher.publish([message]))[0] === "confirmed");
    await becomesTrue(() => ok(ids(seen).includes(message.id)));
  });

  it("loses nothing and comes back by itself when the broker is killed", async (t) => {
    const { node, connect } = await world(t);
    const seen: Delivery[] = [];
    const [publisher, reader] = [await connect(), await connect()];
    await publisher.declare(audience);
    await subscribe(reader, { handle: collect(seen) });
    const before = testMessage();
    await publisher.publish([before]);
    await node.kill();
    await becomesTrue(() => equal(reader.state(), "away"));
    await node.start();
    const after = testMessage();
    await eventually(async () => (await publisher.publish([after]))[0] === "confirmed");
    await becomesTrue(() => deepEqual(new Set(ids(seen)), new Set([before.id, after.id])));
    await becomesTrue(() => deepEqual([reader.state(), publisher.state()], ["connected", "connected"]));
  });

  it("is blocked while the broker takes no messages", async (t) => {
    const { node, connect } = await world(t);
    const publisher = await connect();
    await publisher.publish([testMessage()]);
    equal(publisher.state(), "connected");
    await node.control("set_vm_memory_high_watermark", "absolute", "1");
    const late = publisher.publish([testMessage()]).catch(() => {});
    await becomesTrue(() => equal(publisher.state(), "blocked"));
    await node.control("set_vm_memory_high_watermark", "0.6");
    await becomesTrue(() => equal(publisher.state(), "connected"));
    await late;
  });
});

describe("rabbitmq broker, when a part of it is of no use", { skip: rabbitmqMissing, timeout: 60_000 }, () => {
  it("binds a consumer anew whose binding was removed while it runs", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const [publisher, seen] = [await connect(), [] as Delivery[]];
    await subscribe(await connect(), { handle: collect(seen) });
    const raw = await channel();
    await raw.unbindExchange(`${exchange}.consumer.events`, exchange, "thing.happened.*");
    await eventually(async () => {
      await publisher.publish([testMessage()]);
      return seen.length > 0;
    });
  });

  it("goes to the next node when one can't be reached", async (t) => {
    const { node, exchange } = await world(t);
    const gone = `amqp://guest:guest@127.0.0.1:1?exchange=${exchange}`;
    const broker = await rabbitmqBroker({ url: `${gone},${node.url}`, clock: systemClock, log: quiet });
    t.after(() => broker.close());
    const seen: Delivery[] = [];
    await subscribe(broker, { handle: collect(seen) });
    const message = testMessage();
    deepEqual(await broker.publish([message]), ["confirmed"]);
    await becomesTrue(() => deepEqual(ids(seen), [message.id]));
  });

  it("gives up nothing however often it was handed over without being settled, and says that it was", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const publisher = await connect();
    await publisher.declare(new Map([["thing.happened", ["consumer"]]]));
    const message = testMessage({ key: "a" });
    await publisher.publish([message]);
    for (let times = 0; times < 30; times++) {
      const raw = await channel();
      const came = Promise.withResolvers<void>();
      for (let partition = 0; partition < PARTITIONS; partition++) {
        await raw.consume(`${exchange}.consumer.${partition}`, () => came.resolve());
      }
      await came.promise;
      await raw.close();
    }
    const seen: Delivery[] = [];
    await subscribe(publisher, { handle: collect(seen) });
    await becomesTrue(() => deepEqual(seen, [{ message, attempt: 1, suspect: true }]));
  });

  it("takes up queues of before, which give up what was handed over too often, and hands that over as well", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const names = namesBelow(exchange);
    const raw = await channel();
    await raw.assertExchange(names.dead, "direct");
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await raw.assertQueue(names.queueOf("consumer", partition), { arguments: { ...queueOfBefore(names) } });
    }
    const seen: Delivery[] = [];
    const broker = await connect();
    await subscribe(broker, { handle: collect(seen) });
    const [usual, givenUp] = [testMessage(), testMessage()];
    await broker.publish([usual]);
    raw.publish(names.dead, "consumer", Buffer.from(JSON.stringify(givenUp)), { contentType: "application/json" });
    await becomesTrue(() => equal(seen.length, 2));
    deepEqual(new Set(ids(seen)), new Set([usual.id, givenUp.id]));
  });
});

const queueOfBefore = (names: Names) => ({
  "x-queue-type": "quorum",
  "x-single-active-consumer": true,
  "x-delivery-limit": 20,
  "x-dead-letter-exchange": names.dead,
  "x-dead-letter-routing-key": "consumer",
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
});

describe("rabbitmq broker, with a user for each service", { skip: rabbitmqMissing, timeout: 60_000 }, () => {
  it("hands a message in another's name over with a fault, and publishes no other", async (t) => {
    const { node, exchange, channel } = await world(t);
    const connectAs = async (user: string) => {
      await node.control("add_user", user, "secret");
      await node.control("set_permissions", user, ".*", ".*", ".*");
      const url = Object.assign(new URL(node.url), { username: user, password: "secret" }).href;
      const options = { clock: systemClock, log: quiet };
      const broker = await rabbitmqBroker({ url: `${url}?exchange=${exchange}&users=services`, ...options });
      t.after(() => broker.close());
      return broker;
    };
    const seen: Delivery[] = [];
    await subscribe(await connectAs("reader"), { handle: collect(seen) });
    const [things, bank] = [await connectAs("things"), await connectAs("bank")];
    const [genuine, forged, anonymous] = ["things", "things", "things"].map((source) => testMessage({ source }));
    await things.publish([genuine as never]);
    await bank.publish([forged as never]);
    const raw = await channel();
    raw.publish(exchange, "thing.happened.0", Buffer.from(JSON.stringify(anonymous)), {
      contentType: "application/json",
    });
    await becomesTrue(() => equal(seen.length, 3));
    deepEqual(
      new Map(seen.map(({ message, fault }) => [message.id, fault])),
      new Map([
        [genuine?.id, undefined],
        [forged?.id, "it says that it is from another than bank"],
        [anonymous?.id, "it says that it is from another than a user whom the broker knows"],
      ]),
    );
  });
});

describe("rabbitmq broker, with what is no message", { skip: rabbitmqMissing, timeout: 60_000 }, () => {
  it("hands it over with what is wrong, and the rest as ever", async (t) => {
    const { exchange, connect, channel } = await world(t);
    const seen: Delivery[] = [];
    const broker = await connect();
    await subscribe(broker, { handle: collect(seen) });
    const raw = await channel();
    const json = { contentType: "application/json" };
    const sound = testMessage();
    const send = (content: string | Buffer, properties: object = json) =>
      raw.publish(exchange, "thing.happened.0", Buffer.from(content as string), properties);
    send("{", json);
    send(Buffer.from([0xff, 0xfe]), json);
    send(JSON.stringify(sound), { contentType: "text/plain" });
    send("null", json);
    send(JSON.stringify({ ...sound, id: undefined }), json);
    send(JSON.stringify({ ...sound, id: 7 }), json);
    send(JSON.stringify({ ...sound, body: "x".repeat(10 * 1024 * 1024) }), json);
    send(`{"id":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, json);
    send(JSON.stringify({ ...sound, body: JSON.parse("[".repeat(10_000) + "]".repeat(10_000)) }), json);
    raw.publish(`${exchange}.dead`, "consumer", Buffer.from(JSON.stringify(testMessage())), json);
    await broker.publish([sound]);
    await becomesTrue(() => equal(seen.length, 11));
    deepEqual(seen.map(({ fault = "" }) => fault.replace(/\d{8} bytes/, "10 MB")).sort(), [
      "",
      "",
      "/id must be a text",
      "/id must be a text",
      "/id must be a text",
      "it has 10 MB, more than 1048576",
      "it is nested deeper than 64",
      "it is not JSON in UTF-8",
      "it is not JSON in UTF-8",
      "it is not an object",
      "its content type is text/plain",
    ]);
  });
});
