import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { FolderInUse, lockFolder } from "./lock.ts";

async function lockInAnotherProcess(t: Cleanup, folder: string) {
  const child = fork(new URL("../fixtures/hold-lock.ts", import.meta.url), [folder]);
  t.after(() => void child.kill("SIGKILL"));
  const [outcome] = (await once(child, "message")) as [string];
  return { child, outcome };
}

test("a folder is locked by one process at a time, until it is released", async (t) => {
  const folder = await temporaryFolder(t);
  const lock = await lockFolder(folder);
  const { outcome } = await lockInAnotherProcess(t, folder);
  assert.equal(outcome, `${folder} is in use by process ${process.pid}`);
  await lock.release();
  assert.deepEqual(await readdir(folder), []);
  assert.equal((await lockInAnotherProcess(t, folder)).outcome, "locked");
});

test("the lock of a killed process is taken over, by one of those who try at once", async (t) => {
  const folder = await temporaryFolder(t);
  const { child } = await lockInAnotherProcess(t, folder);
  await assert.rejects(lockFolder(folder), FolderInUse);
  child.kill("SIGKILL");
  await once(child, "exit");
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => lockInAnotherProcess(t, folder)));
  assert.equal(outcomes.filter(({ outcome }) => outcome === "locked").length, 1);
});

test("a process that merely got the id of the holder does not hold the lock", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "supervisor.lock"), JSON.stringify({ pid: process.pid, identity: "somebody before" }));
  const lock = await lockFolder(folder);
  assert.equal(JSON.parse(await readFile(join(folder, "supervisor.lock"), "utf8")).pid, process.pid);
  await lock.release();
});
