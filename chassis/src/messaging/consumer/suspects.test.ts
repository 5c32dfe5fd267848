import { deepEqual, equal, match } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import { type Database, openDatabase } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import { type DriverUnderTest, drivers } from "../brokers/brokers.fixture.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { on } from "../messaging.ts";
import { startConsumer } from "./consumer.ts";

const INNOCENTS = 12;
const POISON = 0;

const never = () => new Promise<never>(() => {});

/** A consumer whose process can die: nothing that it does counts from then on, and its connections end. */
async function world(t: TestContext, driver: DriverUnderTest) {
  const { database, url } = await serviceDatabase(t);
  const broker = await driver.make(t);
  const begun = new Map<number, number>();
  let deaths = 0;

  async function startProcess(): Promise<void> {
    const name = newId();
    const own = openDatabase({ url, name, log: quiet });
    let dead = false;
    const whileAlive: Database = {
      ...own,
      query: (...args) => (dead ? never() : own.query(...args)),
      transaction: (...args) => (dead ? never() : own.transaction(...args)),
    };
    const connection = await broker.connect();
    async function die(): Promise<never> {
      if (dead) return never();
      dead = true;
      deaths += 1;
      await connection.close();
      await database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [
        name,
      ]);
      await startProcess();
      return never();
    }
    t.after(() => {
      // Handlers of dead processes never return, and so keep their connections.
      void own.close();
      return connection.close();
    });
    await startConsumer({
      consumer: "reader",
      database: whileAlive,
      broker: connection,
      subscriptions: [
        on(thingHappened, async ({ thingId, number }: Happened, tx) => {
          begun.set(number, (begun.get(number) ?? 0) + 1);
          if (number === POISON) await systemClock.sleep(100).then(die);
          // Others are under way when the first process dies.
          if (deaths === 0) await never();
          await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
        }),
      ],
      clock: systemClock,
      log: quiet,
      attempts: 2,
      backoff: { first: 5, most: 10 },
      handlingTime: 5_000,
    });
  }

  await startProcess();
  return { database, publisher: await broker.connect(), deaths: () => deaths, begun };
}

for (const driver of drivers) {
  describe(`a message that ends its process, on the ${driver.name} broker`, {
    skip: driver.skip,
    timeout: 90_000,
  }, () => {
    it("is parked alone: those that were under way beside it have their effect once and are not counted", async (t) => {
      const { database, publisher, deaths, begun } = await world(t, driver);
      t.after(() => publisher.close());
      const numbers = Array.from({ length: INNOCENTS + 1 }, (_, number) => number);
      const messages = numbers.map((number) => {
        const thingId = `thing-${number}`;
        return testMessage({ key: thingId, body: { thingId, number } });
      });
      await publisher.publish(messages);
      const letters = () =>
        database.query<{ message_id: string; cause: string }>("select message_id, cause from dead_letter");
      await eventually(async () => (await letters()).length > 0);
      await eventually(async () => (await effects(database)).length >= INNOCENTS);
      const [letter, ...others] = await letters();
      equal(letter?.message_id, messages[POISON]?.id);
      match(letter?.cause ?? "", /^process_ended: .*3 attempts never ended/);
      deepEqual(others, []);
      deepEqual(
        (await effects(database)).map(({ number }) => number).sort((a, b) => a - b),
        numbers.slice(1),
      );
      equal(deaths(), 4);
      equal(begun.get(POISON), 4);
      deepEqual(await database.query("select 1 from begun_attempt"), []);
    });
  });
}
