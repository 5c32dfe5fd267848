import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { openDatabase } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { collect, ids, subscribe, testMessage } from "../../testing/suites/broker-under-test.ts";
import { quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { createPublish } from "../outbox/outbox.ts";
import { createRelay } from "../outbox/relay.ts";
import { grantMessaging } from "./broker-rights.ts";
import { messageRefused } from "./message-refused.ts";
import { brokerMigrations } from "./postgres/migrate-broker.ts";
import { postgresBroker } from "./postgres/postgres-broker.ts";

/** A broker with a role for `things`, which publishes, and one for `reader`, which only reads. */
async function world(t: TestContext) {
  const { url, database } = await testDatabase(t, [brokerMigrations]);
  const roleFor = async (service: string, publishes: string[]) => {
    const role = new URL((await testDatabase(t)).url).username;
    await database.query(`grant connect on database ${new URL(url).username} to ${role}`);
    await grantMessaging(database, [{ role, service, publishes }]);
    return Object.assign(new URL(url), { username: role, password: role }).href;
  };
  const urls = { things: await roleFor("things", ["thing.happened"]), reader: await roleFor("reader", []) };
  const connect = async (as: keyof typeof urls) => {
    const broker = await postgresBroker({ url: urls[as], clock: systemClock, log: quiet });
    t.after(() => broker.close());
    return broker;
  };
  const asRole = (as: keyof typeof urls) => {
    const opened = openDatabase({ url: urls[as], name: "test", log: quiet });
    t.after(() => opened.close());
    return opened;
  };
  /** As the owner does before the services start. */
  const declare = async () => {
    const owner = await postgresBroker({ url, clock: systemClock, log: quiet });
    await owner.declare(new Map([["thing.happened", ["reader"]]]));
    await owner.close();
  };
  return { database, connect, asRole, declare };
}

const genuine = () => testMessage({ source: "things" });
const refused = /violates row-level security policy/;
const isRefused = (error: Error) => messageRefused.is(error) && refused.test(String(error.cause));

describe("a service with a role of its own in the broker", () => {
  it("publishes its own events to those who hear of them", async (t) => {
    const { connect, declare } = await world(t);
    const things = await connect("things");
    await declare();
    const message = genuine();
    deepEqual(await things.publish([message, message]), ["confirmed", "confirmed"]);
    const seen: Parameters<typeof collect>[0] = [];
    await subscribe(await connect("reader"), { consumer: "reader", handle: collect(seen) });
    await eventually(() => seen.length > 0);
    deepEqual(ids(seen), [message.id]);
  });

  it("can't publish in another's name, nor events of another, nor have others hear of those", async (t) => {
    const { connect, database, declare } = await world(t);
    await declare();
    const reader = await connect("reader");
    await rejects(reader.publish([genuine()]), isRefused);
    await rejects(reader.publish([testMessage({ source: "reader" })]), isRefused);
    await rejects((await connect("things")).publish([testMessage({ source: "reader" })]), isRefused);
    await rejects(reader.declare(new Map([["thing.happened", ["other"]]])), refused);
    await (await connect("things")).withdraw("reader", ["thing.happened"]);
    equal((await database.query("select 1 from subscription where consumer = 'reader'")).length, 1);
    deepEqual(await database.query("select 1 from delivery"), []);
  });

  it("could, if the broker did not look", async (t) => {
    const { connect, database, declare } = await world(t);
    await declare();
    await database.query("alter policy published on delivery with check (true)");
    deepEqual(await (await connect("reader")).publish([genuine()]), ["confirmed"]);
    equal((await database.query("select 1 from delivery")).length, 1);
  });

  it("can't say one thing to the broker and another to the consumer", async (t) => {
    const { connect, database, declare } = await world(t);
    await declare();
    await (await connect("things")).publish([genuine()]);
    const forged = JSON.stringify({ ...genuine(), source: "bank" });
    await database.query("update delivery set message = $1", [forged]);
    const seen: Parameters<typeof collect>[0] = [];
    await subscribe(await connect("reader"), { consumer: "reader", handle: collect(seen) });
    await eventually(() => seen.length > 0);
    equal(seen[0]?.fault, "it says that it is from another than things");
  });
});

describe("what a service may not do in the broker", () => {
  it("is to see or end what is meant for others, or to change its own rights", async (t) => {
    const { connect, database, asRole, declare } = await world(t);
    await declare();
    await (await connect("things")).publish([genuine()]);
    const things = asRole("things");
    deepEqual(await things.query("select * from delivery"), []);
    deepEqual(
      await things.query("select * from claim_deliveries('reader', 10, 4, interval '1 s', gen_random_uuid())"),
      [],
    );
    deepEqual(await things.query("delete from delivery returning 1"), []);
    for (const forbidden of [
      "insert into publication values (current_user, 'order.confirmed')",
      "update broker_role set service = 'reader'",
      "truncate delivery",
      "alter table delivery disable row level security",
    ])
      await rejects(things.query(forbidden), /permission denied|must be owner/, forbidden);
    equal((await database.query("select 1 from delivery")).length, 1);
  });

  it("stays parked in its outbox with the cause, while its own events leave", async (t) => {
    const { connect, declare } = await world(t);
    const { database } = await serviceDatabase(t);
    const broker = await connect("things");
    await declare();
    const publish = createPublish({ service: "things", onCommit: () => {} });
    const forge = createPublish({ service: "reader", onCommit: () => {} });
    await database.transaction(async (tx) => {
      await forge(tx, thingHappened, { thingId: "forged", number: 1 });
      await publish(tx, thingHappened, { thingId: "genuine", number: 2 });
    });
    const relay = createRelay({ database, broker, clock: systemClock, log: quiet, interval: 20, attempts: 1 });
    relay.start();
    t.after(() => relay.stop());
    const rows = () =>
      database.query<{ key: string; sent: boolean; cause: string | null }>(
        "select key, sent_at is not null as sent, cause from outbox where sent_at is not null or parked_at is not null order by key",
      );
    await eventually(async () => (await rows()).length === 2);
    const [forged, sent] = await rows();
    match(String(forged?.cause), refused);
    deepEqual({ key: forged?.key, sent: forged?.sent }, { key: "forged", sent: false });
    deepEqual(sent, { key: "genuine", sent: true, cause: null });
  });
});
