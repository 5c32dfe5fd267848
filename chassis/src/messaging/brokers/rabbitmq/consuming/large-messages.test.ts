import { deepEqual, ok } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import amqplib from "amqplib";
import { systemClock } from "../../../../core/clock.ts";
import { newId } from "../../../../core/id.ts";
import { eventually } from "../../../../testing/eventually.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../../../testing/servers/rabbitmq.ts";
import { ids, testMessage } from "../../../../testing/suites/broker-under-test.ts";
import type { Message } from "../../../message.ts";
import { quiet } from "../../../messaging.fixture.ts";
import type { Delivery } from "../../broker.ts";
import { namesBelow } from "../names.ts";
import { rabbitmqBroker } from "../rabbitmq-broker.ts";
import { serve } from "./subscription.ts";

const large = "x".repeat(1_000_000);

/** Messages of one key wait at the broker; a consumer takes them up that handles none before it is let go. */
async function world(t: TestContext, texts: readonly string[]) {
  const node = await rabbitmqNode();
  const names = namesBelow(`large-${newId()}`);
  const options = { clock: systemClock, log: quiet };
  const broker = await rabbitmqBroker({ url: `${node.url}?exchange=${names.events}`, ...options });
  t.after(() => broker.close());
  await broker.declare(new Map([["thing.happened", ["consumer"]]]));
  const messages = texts.map((text) => testMessage({ key: "a", body: { text } }));
  await publishAll(broker.publish, messages);

  const connection = await amqplib.connect(node.url);
  t.after(() => connection.close());
  let channels = 0;
  const createChannel = connection.createChannel.bind(connection);
  connection.createChannel = () => {
    channels += 1;
    return createChannel();
  };
  const go = Promise.withResolvers<void>();
  const seen: Delivery[] = [];
  const handle = async (delivery: Delivery) => {
    await go.promise;
    seen.push(delivery);
    return "done" as const;
  };
  const served = serve({
    ...options,
    subscription: { consumer: "consumer", types: ["thing.happened"], concurrency: 8, handle },
    names,
    checkUser: false,
    connection: () => connection,
    reset() {},
  });
  t.after(async () => {
    go.resolve();
    await served.stop();
  });
  /** How many messages the broker has handed over that were not settled. */
  const held = async () => {
    const lines = (await node.control("-q", "list_queues", "name", "messages_unacknowledged")).split("\n");
    const own = lines.filter((line) => line.startsWith(`${names.events}.`)).map((line) => Number(line.split("\t")[1]));
    return own.reduce((sum, each) => sum + each, 0);
  };
  return { messages, seen, held, letGo: () => go.resolve(), channels: () => channels };
}

async function publishAll(publish: (messages: readonly Message[]) => Promise<unknown>, messages: Message[]) {
  for (let from = 0; from < messages.length; from += 10) await publish(messages.slice(from, from + 10));
}

describe("rabbitmq broker, with large messages", { skip: rabbitmqMissing, timeout: 120_000 }, () => {
  it("holds about 16 MiB of a queue that are not handled, and hands all over in their order", async (t) => {
    const { messages, seen, held, letGo } = await world(t, new Array(60).fill(large));
    // The 17th is more than that: from then on half as many are held.
    await eventually(async () => (await held()) === 9);
    letGo();
    await eventually(() => new Set(ids(seen)).size >= messages.length);
    deepEqual(ids(seen), ids(messages.map((message) => ({ message, attempt: 1 }))));
  });

  it("takes a queue up anew only a few times when large and small ones take turns", async (t) => {
    const texts = Array.from({ length: 150 }, (_, number) => (number % 3 === 0 ? "small" : large));
    const { messages, seen, channels, letGo } = await world(t, texts);
    letGo();
    await eventually(() => new Set(ids(seen)).size >= messages.length);
    deepEqual(ids(seen), ids(messages.map((message) => ({ message, attempt: 1 }))));
    ok(channels() <= 30, `${channels()} channels were opened`);
  });
});
