import amqplib from "amqplib";
import { type Row, row } from "../report.ts";
import { EVENTS, RUNS } from "./flotilla.ts";

/** The limit: publish with confirms to a quorum queue, consume and acknowledge, and no database anywhere. */
export async function measureBareAmqp(url: string): Promise<Row[]> {
  const rates: number[] = [];
  for (let count = 0; count <= RUNS; count++) {
    const connection = await amqplib.connect(url);
    const [out, back] = [await connection.createConfirmChannel(), await connection.createChannel()];
    const queue = `bare-${process.pid}-${count}`;
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
    rates.push((EVENTS / (performance.now() - begin)) * 1_000);
    await back.deleteQueue(queue);
    await connection.close();
  }
  return [row("bare amqplib", `messages/s, confirmed, consumed, acknowledged, ${EVENTS}`, "1/s", rates.slice(1))];
}
