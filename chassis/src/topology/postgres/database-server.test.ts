import assert from "node:assert/strict";
import { appendFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { eventually } from "../../testing/eventually.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { keepDatabaseRunning } from "./database-server.ts";

async function processOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ file: string }>("select pg_read_file('postmaster.pid') as file");
    return Number.parseInt(rows[0]?.file ?? "", 10);
  } finally {
    await client.end();
  }
}

test("a server that dies is started again at the same address, until it is stopped", async (t) => {
  const said: string[] = [];
  const server = await keepDatabaseRunning(await temporaryFolder(t), ({ state }) => said.push(state));
  t.after(() => server.stop());
  const before = await processOf(server.url);
  process.kill(before, "SIGKILL");
  const after = await eventually(() => processOf(server.url));
  assert.notEqual(after, before);
  await eventually(() => said.at(-1) === "ready");
  assert.deepEqual(said.slice(-2), ["ended", "ready"]);
  await server.stop();
  await assert.rejects(processOf(server.url), { code: "ECONNREFUSED" });
});

test("the server's log is bounded while it runs, and the server writes on in it", async (t) => {
  const folder = await temporaryFolder(t);
  const server = await keepDatabaseRunning(folder, () => {});
  t.after(() => server.stop());
  const log = join(folder, "server.log");
  await appendFile(log, `${"x".repeat(99)}\n`.repeat(110_000));
  await eventually(async () => (await stat(log)).size === 0);
  assert.ok((await stat(`${log}.1`)).size > 10_000_000);
  const stranger = new pg.Client({ connectionString: server.url.replace(/:[^:@]+@/, ":wrong@") });
  await assert.rejects(stranger.connect());
  await eventually(async () => (await stat(log)).size > 0);
  assert.match(await readFile(log, "utf8"), /^[\x20-\x7e]*password authentication failed/);
});
