import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { testDatabase } from "../testing/servers/postgres.ts";
import { migrate } from "./migrate.ts";

async function migrationFolder(t: TestContext, files: Record<string, string>) {
  const path = await mkdtemp(join(tmpdir(), "migrations-"));
  t.after(() => rm(path, { recursive: true }));
  const write = (name: string, sql: string) => writeFile(join(path, name), sql);
  for (const [name, sql] of Object.entries(files)) await write(name, sql);
  return { set: { name: "test", folder: pathToFileURL(`${path}/`) }, write };
}

const files = {
  "0001_note.sql": "create table note (text text); insert into note values ('first')",
  "0002_more.sql": "insert into note values ('second')",
};

test("each file is applied once, in order, also when replicas start together", async (t) => {
  const { database } = await testDatabase(t);
  const { set, write } = await migrationFolder(t, files);
  await Promise.all([migrate(database, [set]), migrate(database, [set]), migrate(database, [set])]);
  await write("0003_last.sql", "insert into note values ('third')");
  await migrate(database, [set]);
  const notes = await database.query<{ text: string }>("select text from note");
  assert.deepEqual(
    notes.map(({ text }) => text),
    ["first", "second", "third"],
  );
});

test("a file that was changed after it had been applied is refused", async (t) => {
  const { database } = await testDatabase(t);
  const { set, write } = await migrationFolder(t, files);
  await migrate(database, [set]);
  await write("0002_more.sql", "drop table note");
  await assert.rejects(
    migrate(database, [set]),
    /0002_more.sql was changed .*put it back as it was and write the change into a new file, or delete the database/,
  );
});

test("a file that fails leaves nothing behind", async (t) => {
  const { database } = await testDatabase(t);
  const { set } = await migrationFolder(t, { "0001_bad.sql": "create table half (x int); select nonsense" });
  await assert.rejects(migrate(database, [set]), /nonsense/);
  assert.deepEqual(await database.query("select to_regclass('half') as half"), [{ half: null }]);
});
