import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import { ConfigurationError } from "../../../core/configuration/config.ts";
import { unavailable } from "../../../core/failure/failure.ts";
import { eventually } from "../../../testing/eventually.ts";
import { postgresServer, testDatabase } from "../../../testing/servers/postgres.ts";
import { brokerSuite } from "../../../testing/suites/broker-suite.ts";
import { testMessage } from "../../../testing/suites/broker-under-test.ts";
import { quiet } from "../../messaging.fixture.ts";
import type { Broker, Delivery } from "../broker.ts";
import { grantMessaging } from "../broker-rights.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import { postgresBroker } from "./postgres-broker.ts";

const AN_HOUR = 3_600_000;
const open = (url: string, options: { lease?: number; interval?: number } = {}) =>
  postgresBroker({ url, clock: systemClock, log: quiet, ...options });

brokerSuite("postgres", async (t) => {
  const { url } = await testDatabase(t, [brokerMigrations]);
  return { connect: () => open(url, { lease: 1_000 }) };
});

async function collecting(broker: Broker): Promise<Delivery[]> {
  const seen: Delivery[] = [];
  await broker.subscribe({
    consumer: "consumer",
    types: ["thing.happened"],
    concurrency: 4,
    handle: async (delivery) => {
      seen.push(delivery);
      return "done";
    },
  });
  return seen;
}

async function opened(t: TestContext, url: string, options?: { lease?: number; interval?: number }): Promise<Broker> {
  const broker = await open(url, options);
  t.after(() => broker.close());
  return broker;
}

describe("postgres broker, besides the suite", () => {
  it("makes its tables by itself, also when several connect at once, and leaves nothing behind of what is done", async (t) => {
    const { url, database } = await testDatabase(t);
    const [publisher, consumer] = await Promise.all([opened(t, url), opened(t, url)]);
    const seen = await collecting(consumer as Broker);
    await publisher?.publish([testMessage(), testMessage()]);
    await eventually(() => seen.length === 2);
    await eventually(async () => (await database.query("select 1 from delivery")).length === 0);
  });

  it("is woken by a publish: nobody has to look", async (t) => {
    const { url } = await testDatabase(t, [brokerMigrations]);
    const broker = await opened(t, url, { interval: AN_HOUR });
    const seen = await collecting(broker);
    await eventually(() => broker.state() === "connected");
    for (let count = 1; count <= 3; count++) {
      await broker.publish([testMessage()]);
      await eventually(() => seen.length === count);
    }
  });

  it("finds messages without being woken", async (t) => {
    const { url, database } = await testDatabase(t, [brokerMigrations]);
    const seen = await collecting(await opened(t, url, { interval: 20 }));
    const message = testMessage();
    await database.query("insert into delivery (consumer, message_id, lane, message) values ($1, $2, $3, $4)", [
      "consumer",
      message.id,
      "suite:a",
      JSON.stringify(message),
    ]);
    await eventually(() => seen.length === 1);
  });
});

describe("postgres broker, when things fail", () => {
  it("goes on, and is woken again, after all its connections were ended", async (t) => {
    const { url, database } = await testDatabase(t, [brokerMigrations]);
    const broker = await opened(t, url, { interval: AN_HOUR });
    const seen = await collecting(broker);
    await eventually(() => broker.state() === "connected");
    const others = "from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()";
    const ended = await database.query<{ pid: number }>(`select pid, pg_terminate_backend(pid) ${others}`);
    await eventually(async () => {
      const listening = await database.query<{ pid: number }>(`select pid ${others} and query like 'listen %'`);
      return listening.some(({ pid }) => ended.every((each) => each.pid !== pid));
    });
    await eventually(() => broker.state() === "connected");
    // The pool notices a dead connection when it is used.
    const message = testMessage();
    await eventually(async () => (await broker.publish([message])).length === 1);
    await eventually(() => seen.some((delivery) => delivery.message.id === message.id));
  });

  it("keeps the claims of a slow handler as long as it works", async (t) => {
    const { url, database } = await testDatabase(t, [brokerMigrations]);
    const lease = 2_000;
    const slow = await opened(t, url, { lease, interval: 20 });
    const goOn = Promise.withResolvers<"done">();
    await slow.subscribe({
      consumer: "consumer",
      types: ["thing.happened"],
      concurrency: 1,
      handle: () => goOn.promise,
    });
    await slow.publish([testMessage()]);
    const row = async () =>
      (await database.query<{ held_until: Date | null; claim: string }>("select held_until, claim from delivery"))[0];
    const heldUntil = async () => (await row())?.held_until?.getTime();
    const first = await eventually(heldUntil);
    const claim = (await row())?.claim;
    const other = await collecting(await opened(t, url, { lease, interval: 20 }));
    await eventually(async () => Number(await heldUntil()) > first + lease / 2);
    equal((await row())?.claim, claim);
    goOn.resolve("done");
    await eventually(async () => (await row()) === undefined);
    deepEqual(other, []);
  });
});

describe("postgres broker, and the rights of its role", () => {
  it("serves a role that may only use its tables, and tells one that finds none", async (t) => {
    const { url, database } = await testDatabase(t);
    const { url: roleUrl } = await testDatabase(t);
    const role = new URL(roleUrl).username;
    const asRole = Object.assign(new URL(url), { username: role, password: role }).href;
    await database.query("revoke create on schema public from public");
    await database.query(`grant connect on database ${new URL(url).username} to ${role}`);
    await database.query(`grant usage on schema public to ${role}`);
    await rejects(open(asRole), ConfigurationError);
    await (await open(url)).close();
    await grantMessaging(database, [{ role, service: "consumer", publishes: ["thing.happened"] }]);
    t.after(() =>
      database.query(`drop owned by ${role}`).then(
        () => {},
        () => {},
      ),
    );
    const broker = await opened(t, asRole);
    const seen = await collecting(broker);
    await broker.publish([testMessage({ source: "consumer" })]);
    await eventually(() => seen.length === 1);
    await rejects(database.transaction((tx) => tx.query(`set role ${role}; drop table delivery`)));
  });

  it("says that it is unavailable when it can't be reached", async () => {
    const nobody = Object.assign(new URL(await postgresServer()), { port: "1" }).href;
    await rejects(open(nobody), unavailable.is);
  });

  it("stores nothing of a batch that holds a message it can't store", async (t) => {
    const { url, database } = await testDatabase(t, [brokerMigrations]);
    const broker = await opened(t, url);
    const stop = await broker.subscribe({
      consumer: "consumer",
      types: ["thing.happened"],
      concurrency: 1,
      handle: async () => "done",
    });
    await stop();
    await rejects(broker.publish([testMessage(), testMessage({ key: "x".repeat(2_000) })]));
    equal((await database.query("select 1 from delivery")).length, 0);
  });
});
