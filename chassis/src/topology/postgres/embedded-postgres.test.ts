import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { isRunning, waitForEnd } from "../processes/running-process.ts";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function start(t: Cleanup, dataFolder: string) {
  const server = await startEmbeddedPostgres({ dataFolder });
  t.after(() => server.stop());
  return server;
}

test("a server keeps its data and its password, which only we may read, from one start to the next", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await start(t, folder);
  await query(first.url, "create table kept as select 42 as number");
  await first.stop();
  assert.equal(await isRunning(first.pid), false);
  const second = await start(t, folder);
  assert.deepEqual(await query(second.url, "select * from kept"), [{ number: 42 }]);
  assert.equal(new URL(second.url).password, new URL(first.url).password);
  assert.equal((await stat(join(folder, "password"))).mode & 0o777, 0o600);
});

test("nobody gets in without the password", async (t) => {
  const { url } = await start(t, await temporaryFolder(t));
  await assert.rejects(query(Object.assign(new URL(url), { password: "guess" }).href, "select 1"), { code: "28P01" });
});

test("a server whose starter was killed goes on, and is adopted", async (t) => {
  const folder = await temporaryFolder(t);
  const starter = fork(new URL("../fixtures/start-postgres.ts", import.meta.url), [folder]);
  t.after(() => starter.kill("SIGKILL"));
  const [left] = (await once(starter, "message")) as [{ url: string; pid: number }];
  starter.kill("SIGKILL");
  await once(starter, "exit");
  const adopted = await start(t, folder);
  assert.deepEqual({ url: adopted.url, pid: adopted.pid }, left);
  await adopted.stop();
  assert.equal(await isRunning(left.pid), false);
});

test("a server that was killed leaves a file behind, and is started again with what it had committed", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await start(t, folder);
  await query(first.url, "create table kept as select 42 as number");
  process.kill(first.pid, "SIGKILL");
  await waitForEnd(first.pid, 5_000);
  const second = await start(t, folder);
  assert.notEqual(second.pid, first.pid);
  assert.deepEqual(await query(second.url, "select * from kept"), [{ number: 42 }]);
});

test("a process that got the server's old id is neither adopted nor harmed", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await start(t, folder);
  const pidFile = join(folder, "cluster", "postmaster.pid");
  const content = await readFile(pidFile, "utf8");
  await first.stop();
  await writeFile(pidFile, content.replace(String(first.pid), String(process.pid)));
  const second = await start(t, folder);
  assert.notEqual(second.pid, process.pid);
  assert.deepEqual(await query(second.url, "select 1 as number"), [{ number: 1 }]);
});

test("a cluster that was only half made is made anew", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "cluster.unfinished"));
  await writeFile(join(folder, "cluster.unfinished", "PG_VERSION"), "18");
  const { url } = await start(t, folder);
  assert.deepEqual(await query(url, "select 1 as number"), [{ number: 1 }]);
});

test("a server that would lose what was committed is refused and stopped", async (t) => {
  const folder = await temporaryFolder(t);
  await (await start(t, folder)).stop();
  await appendFile(join(folder, "cluster", "postgresql.conf"), "fsync = off\n");
  await assert.rejects(startEmbeddedPostgres({ dataFolder: folder }), /fsync is off/);
  await assert.rejects(readFile(join(folder, "cluster", "postmaster.pid")), { code: "ENOENT" });
});

test("the log of a server tells nothing of rows and statements", async (t) => {
  const folder = await temporaryFolder(t);
  const { url } = await start(t, folder);
  await query(url, "create table kept (text text primary key)");
  const insert = "insert into kept values ('hunter2')";
  await query(url, insert);
  await assert.rejects(query(url, insert), { code: "23505" });
  const log = await readFile(join(folder, "server.log"), "utf8");
  assert.match(log, /duplicate key value/);
  assert.doesNotMatch(log, /hunter2/);
});

test("two starts at once on two folders get a server each", async (t) => {
  const [one, other] = await Promise.all([
    temporaryFolder(t).then((folder) => start(t, folder)),
    temporaryFolder(t).then((folder) => start(t, folder)),
  ]);
  assert.notEqual(one.port, other.port);
});
