import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { type Database, openDatabase } from "@flotilla/chassis/database";
import { systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { temporaryFolder } from "@flotilla/chassis/testing";
import { prepareDatabase } from "../../chassis/src/service/host/prepare-database.ts";
import { shop } from "../../shop/topology.ts";
import { root } from "../generated-files.ts";
import { installedPostgres, postgresMissing } from "../tests/installed-postgres.ts";

const databases = shop.services.filter((name) => name !== shop.edge).map((name) => `flotilla_${name}`);
const ORDERS = "flotilla_orders";
const log = createLog({ service: "test", level: "silent" });

/** A server that is set up as in Compose, and what runs programs as its superuser. */
async function composed(t: TestContext) {
  const { port, password, programs } = await installedPostgres(t);
  const folder = await temporaryFolder(t);
  for (const role of databases) await writeFile(join(folder, role), "secret");
  await writeFile(join(folder, "superuser-password"), password);
  await mkdir(join(folder, "backups"));
  const env = {
    PATH: [programs, process.env["PATH"]].join(delimiter),
    PGHOST: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: "postgres",
    PGPASSWORD: password,
    SECRETS: folder,
    BACKUPS: join(folder, "backups"),
    DATABASES: databases.join(" "),
  };
  const run = (program: string, ...args: string[]) => promisify(execFile)(program, args, { env });
  return {
    run,
    backups: env.BACKUPS,
    async makeDatabases() {
      await run("psql", "--no-psqlrc", "--file", `${root}deploy/postgres/databases.sql`, "postgres");
    },
    /** Does as the service does in its database, which it brings up to date before. */
    async asOrders<T>(work: (database: Database) => Promise<T>): Promise<T> {
      const url = `postgres://${ORDERS}:secret@127.0.0.1:${port}/${ORDERS}`;
      const database = openDatabase({ url, name: "orders", log });
      try {
        const migrations = new URL("../../shop/orders/migrations/", import.meta.url);
        await prepareDatabase(database, { service: "orders", migrations, clock: systemClock, log });
        return await work(database);
      } finally {
        await database.close();
      }
    },
  };
}

const ORDER = `insert into orders (id, user_id, user_name, status, items, total, currency, payment_method, history, version, created_at, updated_at)
  values ($1, 'u', 'Ann', 'pending', '[{"quantity": 1, "unitPrice": {"amount": 5}}]', 5, 'EUR', 'pm', '[]', 1, now(), now())`;
const ALL = "select id, total, items, created_at from orders order by id";

test("what was backed up is there again when it was restored as the guide says, and belongs to whom it belonged", {
  skip: postgresMissing,
}, async (t) => {
  const { run, backups, makeDatabases, asOrders } = await composed(t);
  await makeDatabases();
  await asOrders((database) => database.query(ORDER, ["1"]));
  const before = await asOrders((database) => database.query(ALL));
  await run("sh", `${root}deploy/postgres/backup.sh`);

  const [folder = "", ...others] = await readdir(backups);
  assert.match(folder, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  assert.deepEqual(others, []);
  const dumps = databases.map((name) => `${name}.dump`);
  assert.deepEqual((await readdir(join(backups, folder))).toSorted(), dumps.toSorted());

  await run("psql", "--no-psqlrc", "--command", `drop database ${ORDERS}`, "postgres");
  await makeDatabases();
  await asOrders((database) => database.query(ORDER, ["of the empty shop"]));
  for (const name of databases) {
    const dump = join(backups, folder, `${name}.dump`);
    await run("pg_restore", "--clean", "--if-exists", `--dbname=${name}`, dump);
  }
  assert.deepEqual(await asOrders((database) => database.query(ALL)), before);
  await asOrders((database) => database.query(ORDER, ["2"]));
});
