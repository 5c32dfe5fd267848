import { deepEqual } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import { type Database, openDatabase } from "../../../database/database.ts";
import { eventually } from "../../../testing/eventually.ts";
import { postgresServer, testDatabase } from "../../../testing/servers/postgres.ts";
import { type Happened, quiet, serviceDatabase, thingHappened } from "../../messaging.fixture.ts";
import { createPublish } from "../../outbox/outbox.ts";
import { createRelay } from "../../outbox/relay.ts";
import { grantMessaging } from "../broker-rights.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import { postgresBroker } from "./postgres-broker.ts";
import { addSubscriptions } from "./postgres-broker-store.ts";

type Names = { readonly role: string; readonly base: string };

/** What ails a broker that can still be reached, and what makes it well; done by its owner, or by the superuser. */
const outages: [string, (names: Names) => string, (names: Names) => string, "superuser"?][] = [
  [
    "is read-only",
    ({ base }) => `alter database ${base} set default_transaction_read_only = on`,
    ({ base }) => `set default_transaction_read_only = off; alter database ${base} reset default_transaction_read_only`,
  ],
  ["has lost a table", () => "alter table delivery rename to lost", () => "alter table lost rename to delivery"],
  [
    "has taken away a right",
    ({ role }) => `revoke insert on delivery from ${role}`,
    ({ role }) => `grant insert on delivery to ${role}`,
  ],
  [
    "lets nobody in",
    ({ base, role }) => `revoke connect on database ${base} from ${role}, public`,
    ({ base, role }) => `grant connect on database ${base} to ${role}`,
  ],
  [
    "knows another password",
    ({ role }) => `alter role ${role} password 'another'`,
    ({ role }) => `alter role ${role} password '${role}'`,
    "superuser",
  ],
  [
    "has too many connections",
    ({ role }) => `alter role ${role} connection limit 0`,
    ({ role }) => `alter role ${role} connection limit -1`,
    "superuser",
  ],
];

async function world(t: TestContext) {
  const { url, database: owner } = await testDatabase(t, [brokerMigrations]);
  const [role, base] = [new URL((await testDatabase(t)).url).username, new URL(url).username];
  await grantMessaging(owner, [{ role, service: "things", publishes: ["thing.happened"] }]);
  const broker = await postgresBroker({
    url: Object.assign(new URL(url), { username: role, password: role }).href,
    name: role,
    clock: systemClock,
    log: quiet,
  });
  t.after(() => broker.close());
  // A service declares itself alone; all others are declared by the owner.
  await addSubscriptions(owner, new Map([["thing.happened", ["reader"]]]));
  const superuser = openDatabase({ url: await postgresServer(), name: "test", log: quiet });
  t.after(() => superuser.close());
  const cut = () =>
    superuser.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [role]);
  return { owner, superuser, broker, names: { role, base }, cut };
}

const publish = createPublish({ service: "things", onCommit: () => {} });

const delivered = async (owner: Database) =>
  (await owner.query<{ body: Happened }>("select message -> 'body' as body from delivery order by seq")).map(
    ({ body }) => body.number,
  );

for (const [what, ail, heal, by] of outages) {
  describe(`a broker that ${what}`, { timeout: 60_000 }, () => {
    it("is away, whether or not something is published, and parks nothing; what waited leaves in its order", async (t) => {
      const { owner, superuser, broker, names, cut } = await world(t);
      const healer = by === "superuser" ? superuser : owner;
      await healer.query(ail(names));
      await cut();
      await eventually(() => broker.state() === "away");
      const { database } = await serviceDatabase(t);
      const relay = createRelay({ database, broker, clock: systemClock, log: quiet, interval: 20, attempts: 1 });
      relay.start();
      t.after(() => relay.stop());
      for (let number = 0; number < 5; number++)
        await database.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number }));
      await systemClock.sleep(300);
      const parked = () => database.query("select cause from outbox where parked_at is not null or attempts > 0");
      deepEqual(await parked(), []);
      await healer.query(heal(names));
      await cut();
      await eventually(() => broker.state() === "connected");
      await eventually(async () => (await delivered(owner)).length === 5);
      deepEqual([await delivered(owner), await parked()], [[0, 1, 2, 3, 4], []]);
    });
  });
}
