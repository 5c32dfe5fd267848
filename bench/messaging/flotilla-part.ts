import { event, Fields, Text } from "@flotilla/chassis/contract";
import { combinedWrite, migrate, openDatabase, type Transaction } from "@flotilla/chassis/database";
import { on } from "@flotilla/chassis/messaging";
import { systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { connectBroker } from "../../chassis/src/messaging/brokers/connect-broker.ts";
import { startConsumer } from "../../chassis/src/messaging/consumer/consumer.ts";
import { createPublish } from "../../chassis/src/messaging/outbox/outbox.ts";
import { createRelay } from "../../chassis/src/messaging/outbox/relay.ts";

/*
 * One of the two services: `writer` publishes, `reader` writes a row of effect for each event, by a
 * combined statement, or by a plain one with HANDLER=plain. Both as processes of their own, on
 * databases of their own, as in the shop.
 */
/** What the writer is told: to publish so many events from a number on, to begin or to stop sending, to publish one. */
type Word = { fill?: [number, number]; start?: boolean; stop?: boolean; one?: number };

/** Milliseconds on a clock that all processes of the machine share. */
const now = () => performance.timeOrigin + performance.now();

const { ROLE = "", DATABASE = "", BROKER = "" } = process.env;
const log = createLog({ service: ROLE, level: process.env["LOG_LEVEL"] ?? "warn" });
const clock = systemClock;
const database = openDatabase({ url: DATABASE, name: ROLE, log });
const broker = await connectBroker(BROKER, { name: ROLE, clock, log });
const Body = Fields({ id: Text(100), number: Text(20) });
const happened = event("thing.happened", { key: "id", body: Body });
const folder = new URL("../../chassis/src/messaging/migrations/", import.meta.url);
await migrate(database, [{ name: "chassis/messaging", folder }]);

if (ROLE === "reader") {
  let watched = false;
  const addCombined = combinedWrite<string, void>(async (tx, numbers) => {
    await tx.query("insert into effect (number, at) select unnest($1::int[]), clock_timestamp()", [numbers]);
    return numbers.map(() => undefined);
  });
  const addPlain = (tx: Transaction, number: string) =>
    tx.query("insert into effect (number, at) values ($1, clock_timestamp())", [number]);
  const add = process.env["HANDLER"] === "plain" ? addPlain : addCombined;
  const handle = on(happened, async ({ number }, tx) => {
    await add(tx, number);
    if (watched) tx.afterCommit(() => process.send?.({ at: now() }));
  });
  await startConsumer({ consumer: "reader", database, broker, subscriptions: [handle], clock, log });
  process.on("message", ({ watch }: { watch?: boolean }) => {
    if (watch !== undefined) watched = watch;
    else process.send?.({ rss: process.memoryUsage.rss() });
  });
} else {
  await broker.declare(new Map([["thing.happened", ["reader"]]]));
  const relay = createRelay({ database, broker, clock, log });
  const publish = createPublish({ service: "writer", onCommit: () => relay.wake() });
  const number = async (from: number, count: number) => {
    for (let next = from; next < from + count; next += 500) {
      await database.transaction(async (tx) => {
        for (let each = next; each < Math.min(next + 500, from + count); each++) {
          await publish(tx, happened, { id: `thing-${each}`, number: String(each) });
        }
      });
    }
  };
  process.on("message", async ({ fill, start, stop, one }: Word) => {
    if (stop) await relay.stop();
    if (fill) await number(...fill);
    if (start) relay.start();
    if (one !== undefined) await number(one, 1);
    const committed = now();
    process.send?.({ rss: process.memoryUsage.rss(), at: committed });
  });
}
process.send?.({ ready: 1 });
