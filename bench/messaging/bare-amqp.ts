import { randomUUID } from "node:crypto";
import amqplib from "amqplib";
import { EVENTS } from "./flotilla.ts";

/** The limit: messages a second, published with confirms to a quorum queue, consumed and acknowledged, and no database anywhere. */
export async function drainBareAmqp(url: string): Promise<number> {
  const connection = await amqplib.connect(url);
  const [out, back] = [await connection.createConfirmChannel(), await connection.createChannel()];
  const queue = `bare-${randomUUID()}`;
  await back.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } });
  await back.prefetch(500);
  const all = Promise.withResolvers<void>();
  let seen = 0;
  const begin = performance.now();
  await back.consume(queue, (message) => {
    if (!message) return;
    back.ack(message);
    if (++seen === EVENTS) all.resolve();
  });
  for (let from = 0; from < EVENTS; from += 500) {
    for (let number = from; number < from + 500; number++) {
      out.sendToQueue(queue, Buffer.from(JSON.stringify({ number, padding: "x".repeat(250) })), { persistent: true });
    }
    await out.waitForConfirms();
  }
  await all.promise;
  const took = performance.now() - begin;
  await back.deleteQueue(queue);
  await connection.close();
  return (EVENTS / took) * 1_000;
}
