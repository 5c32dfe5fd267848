import { deepEqual, equal } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Log } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../testing/servers/rabbitmq.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Broker } from "../brokers/broker.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import { brokerMigrations } from "../brokers/postgres/migrate-broker.ts";
import { postgresBroker } from "../brokers/postgres/postgres-broker.ts";
import { rabbitmqBroker } from "../brokers/rabbitmq/rabbitmq-broker.ts";
import { quiet, serviceDatabase } from "../messaging.fixture.ts";
import { on } from "../messaging.ts";
import { startConsumer } from "./consumer.ts";

const Body = Fields({ id: Id });
const begun = event("thing.begun", { key: "id", body: Body });
const ended = event("thing.ended", { key: "id", body: Body });
const messageOf = ({ type }: typeof begun, id: string) => testMessage({ type, key: id, body: { id } });

const brokers: Record<string, (t: TestContext) => Promise<Broker>> = {
  memory: async () => memoryBroker(),
  async postgres(t) {
    const { url } = await testDatabase(t, [brokerMigrations]);
    return postgresBroker({ url, clock: systemClock, log: quiet, interval: 20 });
  },
  async rabbitmq() {
    const url = `${(await rabbitmqNode()).url}?exchange=declared-${newId()}`;
    return rabbitmqBroker({ url, clock: systemClock, log: quiet });
  },
};

/** A consumer's database, versions of it to start, and what they handled. */
async function world(t: TestContext, connect: (t: TestContext) => Promise<Broker>) {
  const broker = await connect(t);
  t.after(() => broker.close());
  const { database } = await serviceDatabase(t);
  const handled: string[] = [];
  const lines: string[] = [];
  const info = (facts: object, text?: string) => void lines.push(`${text} ${JSON.stringify(facts)}`);
  const log: Log = Object.assign(Object.create(quiet), { info });
  const start = async (version: string, ...events: (typeof begun)[]) => {
    const subscriptions = events.map((each) =>
      on(each, async ({ id }) => void handled.push(`${version} ${each.type} ${id}`)),
    );
    const stop = await startConsumer({
      consumer: "reader",
      subscriptions,
      database,
      broker,
      clock: systemClock,
      log,
    });
    let stopped: Promise<void> | undefined;
    const once = () => (stopped ??= stop());
    t.after(once);
    return once;
  };
  const parked = () => database.query("select 1 from dead_letter");
  return { broker, database, handled, lines, start, parked };
}

for (const [name, connect] of Object.entries(brokers)) {
  const skip = name === "rabbitmq" && rabbitmqMissing;
  describe(`a consumer whose versions want other events, on ${name}`, { skip, timeout: 60_000 }, () => {
    it("withdraws what a new version no longer wants, says so, and parks nothing of it", async (t) => {
      const { broker, handled, lines, start, parked } = await world(t, connect);
      const stop = await start("old", begun, ended);
      await broker.publish([messageOf(ended, "1")]);
      await eventually(() => handled.length === 1);
      await stop();
      await broker.publish([messageOf(ended, "left in the queue".replaceAll(" ", "-"))]);
      await start("new", begun);
      await broker.publish([messageOf(ended, "2"), messageOf(begun, "3")]);
      await eventually(() => handled.length === 2);
      deepEqual(handled, ["old thing.ended 1", "new thing.begun 3"]);
      deepEqual(await parked(), []);
      equal(lines.filter((line) => /no longer consumed were withdrawn.*thing\.ended/.test(line)).length, 1);
    });

    it("leaves to a newer version that runs what only that one handles, when an older one starts again", async (t) => {
      const { broker, handled, lines, start, parked } = await world(t, connect);
      const stopNew = await start("new", begun, ended);
      const stopOld = await start("old", begun);
      equal(lines.filter((line) => /only other instances still consume were left.*thing\.ended/.test(line)).length, 1);
      await broker.publish(Array.from({ length: 20 }, (_, number) => messageOf(ended, String(number))));
      await stopOld();
      await eventually(() => handled.length === 20);
      equal(
        handled.every((each) => each.startsWith("new thing.ended")),
        true,
      );
      deepEqual(await parked(), []);
      await stopNew();
    });

    it("takes an event up again that was withdrawn", async (t) => {
      const { broker, handled, start } = await world(t, connect);
      await (await start("first", ended))();
      await (await start("second", begun))();
      await start("third", begun, ended);
      await broker.publish([messageOf(ended, "1")]);
      await eventually(() => handled.length === 1);
      deepEqual(handled, ["third thing.ended 1"]);
    });
  });
}
