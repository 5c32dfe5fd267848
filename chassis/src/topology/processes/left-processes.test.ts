import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { endLeftProcesses, recordProcesses } from "./left-processes.ts";
import { processIdentity } from "./running-process.ts";

function idleProcess(t: Cleanup) {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  t.after(() => void child.kill("SIGKILL"));
  return { pid: child.pid as number, exit: once(child, "exit") };
}

test("processes that a killed supervisor left are ended; those it had seen end are not looked for", async (t) => {
  const folder = await temporaryFolder(t);
  const [left, ended] = [idleProcess(t), idleProcess(t)];
  const record = recordProcesses(folder);
  await Promise.all([record.add(left.pid), record.add(ended.pid)]);
  await record.remove(ended.pid);
  assert.equal(await endLeftProcesses(folder), 1);
  assert.deepEqual(await left.exit, [null, "SIGTERM"]);
  assert.ok(await processIdentity(ended.pid));
  assert.equal(await endLeftProcesses(folder), 0);
});

test("a process that merely got a recorded id is left alone", async (t) => {
  const folder = await temporaryFolder(t);
  const innocent = idleProcess(t);
  await writeFile(join(folder, "processes.json"), JSON.stringify([{ pid: innocent.pid, identity: "another start" }]));
  assert.equal(await endLeftProcesses(folder), 0);
  assert.ok(await processIdentity(innocent.pid));
});
