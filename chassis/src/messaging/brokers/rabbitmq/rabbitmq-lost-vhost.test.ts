import { deepEqual } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import amqplib from "amqplib";
import { systemClock } from "../../../core/clock.ts";
import { newId } from "../../../core/id.ts";
import { eventually } from "../../../testing/eventually.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../../testing/servers/rabbitmq.ts";
import { becomesTrue, collect, ids, subscribe, testMessage } from "../../../testing/suites/broker-under-test.ts";
import { quiet } from "../../messaging.fixture.ts";
import type { Broker, Delivery } from "../broker.ts";
import { rabbitmqBroker } from "./rabbitmq-broker.ts";

/** A vhost with a publisher and two consumers, each side with a user of its own; the publisher has heard of the consumers. */
async function world(t: TestContext) {
  const { url, control } = await rabbitmqNode();
  await control("await_startup");
  const id = newId();
  const vhost = `vhost-${id}`;
  const users = { publisher: `publisher-${id}`, consumer: `consumer-${id}`, other: `other-${id}` };
  const allow = (user: string) => control("set_permissions", "-p", vhost, user, ".*", ".*", ".*");
  await control("add_vhost", vhost);
  const addressOf = async (username: string) => {
    await control("add_user", username, "secret");
    await allow(username);
    return Object.assign(new URL(url), { username, password: "secret", pathname: `/${vhost}` }).href;
  };
  const connect = async (url: string): Promise<Broker> => {
    const broker = await rabbitmqBroker({ url, clock: systemClock, log: quiet });
    t.after(() => broker.close());
    return broker;
  };
  const own = await addressOf(users.publisher);
  const publisher = await connect(own);
  const readers = {
    consumer: await connect(await addressOf(users.consumer)),
    other: await connect(await addressOf(users.other)),
  };
  const seen = { consumer: [] as Delivery[], other: [] as Delivery[] };
  await subscribe(readers.consumer, { consumer: "consumer", handle: collect(seen.consumer) });
  await subscribe(readers.other, { consumer: "other", handle: collect(seen.other) });
  const publish = (message: ReturnType<typeof testMessage>) =>
    eventually(async () => (await publisher.publish([message]))[0] === "confirmed");
  // From here on it listens.
  await publish(testMessage({ type: "thing.forgotten" }));
  await heardOf(t, own, Object.keys(seen));
  return { own, control, vhost, users, allow, readers, seen, publish };
}

/** Resolves when each of the consumers has said that it is there: a publisher that listens has heard it as well. */
async function heardOf(t: TestContext, url: string, consumers: readonly string[]): Promise<void> {
  const connection = await amqplib.connect(url);
  t.after(() => connection.close().catch(() => {}));
  connection.on("error", () => {});
  const channel = await connection.createChannel();
  const heard = new Set<string>();
  const { queue } = await channel.assertQueue("", { exclusive: true });
  await channel.bindQueue(queue, "flotilla.consumers", "");
  await channel.consume(queue, (message) => heard.add(String(message?.properties.appId)), { noAck: true });
  await eventually(() => consumers.every((consumer) => heard.has(consumer)));
}

describe("a RabbitMQ that has lost what was declared", { skip: rabbitmqMissing, timeout: 90_000 }, () => {
  it("keeps for all consumers what is published before the last is back in a vhost that was made anew", async (t) => {
    const { control, vhost, users, allow, readers, seen, publish } = await world(t);
    await control("delete_vhost", vhost);
    await eventually(() => readers.consumer.state() === "away");
    await control("add_vhost", vhost);
    await allow(users.consumer);
    await eventually(() => readers.consumer.state() === "connected");
    await allow(users.publisher);
    const message = testMessage();
    await publish(message);
    await allow(users.other);
    await becomesTrue(() => deepEqual([ids(seen.consumer), ids(seen.other)], [[message.id], [message.id]]));
  });

  it("declares consumers anew when a message comes back that they want", async (t) => {
    const { own, control, vhost, users, allow, seen, publish } = await world(t);
    for (const reader of [users.consumer, users.other]) await control("clear_permissions", "-p", vhost, reader);
    const connection = await amqplib.connect(own);
    t.after(() => connection.close());
    const raw = await connection.createChannel();
    for (const consumer of Object.keys(seen)) {
      await raw.deleteExchange(`flotilla.${consumer}.events`);
    }
    const message = testMessage();
    await publish(message);
    for (const reader of [users.consumer, users.other]) await allow(reader);
    await becomesTrue(() => deepEqual([ids(seen.consumer), ids(seen.other)], [[message.id], [message.id]]));
  });
});
