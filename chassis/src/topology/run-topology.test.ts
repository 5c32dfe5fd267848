import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../testing/eventually.ts";
import type { Cleanup } from "../testing/servers/postgres.ts";
import { startTestServer } from "../testing/servers/postgres-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { endLeftProcesses } from "./processes/left-processes.ts";
import { isRunning } from "./processes/running-process.ts";
import type { Progress } from "./progress.ts";
import { type RunFile, type RunningInstance, readRunFile } from "./run-file.ts";

/** Runs the fixtures under a supervisor of their own, with a database server that outlives it. */
async function arrange(t: Cleanup) {
  const folder = await temporaryFolder(t);
  // The fixtures share nothing worth compiling beforehand.
  await mkdir(join(folder, "compile-cache"));
  await writeFile(join(folder, "compile-cache", "warmed"), "");
  const server = await startTestServer();
  t.after(() => server.stop());
  const said: Progress[] = [];
  const start = async (environment: NodeJS.ProcessEnv = {}) => {
    const supervisor = fork(new URL("./fixtures/run-fixtures.ts", import.meta.url), [folder, server.url], {
      env: { ...process.env, ...environment },
      silent: true,
    });
    t.after(() => end(supervisor));
    supervisor.on("message", (progress: Progress) => said.push(progress));
    await saying(supervisor, (progress) => progress.subject === "all");
    return supervisor;
  };
  t.after(async () => void (await endLeftProcesses(folder)));
  const where = async () => (await readRunFile(folder)) as RunFile;
  return { folder, start, where, said };
}

async function end(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  const exit = once(supervisor, "exit");
  supervisor.kill("SIGTERM");
  await exit;
}

async function saying(supervisor: ChildProcess, wanted: (progress: Progress) => boolean): Promise<void> {
  let errors = "";
  supervisor.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    supervisor.on("message", (progress: Progress) => wanted(progress) && resolve());
    supervisor.once("exit", (code) => reject(new Error(`the supervisor ended with ${code}: ${errors}`)));
  });
}

const one = (instances: readonly RunningInstance[] | undefined): RunningInstance => instances?.[0] as RunningInstance;

const ask = async ({ url }: RunningInstance) =>
  (await (await fetch(url)).json()) as { instances: Record<string, string[]>; environment: Record<string, string> };

test("every process is told where all others are, and gets a database of its own", async (t) => {
  const { start, where } = await arrange(t);
  await start();
  const { services, gateway, console } = await where();
  assert.equal(services["front"]?.length, 2);
  assert.equal(gateway, one(services["edge"]).url);
  assert.equal(console, null);
  const everybody = Object.fromEntries(
    Object.entries(services).map(([name, instances]) => [name, instances.map(({ url }) => url)]),
  );
  for (const instance of Object.values(services).flat())
    await eventually(async () => assert.deepEqual((await ask(instance)).instances, everybody) ?? true);
  const { environment } = await ask(one(services["back"]));
  assert.match(environment["DATABASE_URL"] ?? "", /\/flotilla_back$/);
  assert.match(environment["BROKER_URL"] ?? "", /^postgres:\/\/flotilla_back:.*\/flotilla_broker$/);
});

test("a start is over when everybody has found those whom they call, and run.json is written then", async (t) => {
  const { start, where, said } = await arrange(t);
  const starting = start({ FIXTURE_back: "seeks" });
  const url = await eventually(
    () => said.find(({ subject, state }) => subject === "back-1" && state === "ready")?.detail,
  );
  await eventually(() => said.filter(({ state }) => state === "ready").length >= 4);
  assert.equal(await where(), undefined);
  await fetch(new URL("/find", url));
  await starting;
  assert.equal(one((await where()).services["back"]).url, url);
});

test("a process that dies is started again, the others and run.json hear of it, and the edge keeps its port", async (t) => {
  const { start, where } = await arrange(t);
  await start();
  for (const name of ["edge", "back"]) {
    const before = one((await where()).services[name]);
    process.kill(before.pid, "SIGKILL");
    const after = await eventually(async () => {
      const instance = one((await where()).services[name]);
      return instance.pid !== before.pid && instance;
    });
    if (name === "edge") assert.equal(after.url, before.url);
    const front = one((await where()).services["front"]);
    await eventually(async () => (await ask(front)).instances[name]?.join() === after.url);
  }
});

test("a process that crashes tells why, and where its log is", async (t) => {
  const { folder, start, where, said } = await arrange(t);
  await start();
  await fetch(new URL("/crash", one((await where()).services["back"]).url)).catch(() => {});
  const detail = await eventually(() => said.find(({ state }) => state === "ended")?.detail);
  assert.match(detail, /^ended with exit code 1, starts again in \d+ ms \(see (.*)\)\n/);
  assert.ok(detail.includes(join(folder, "logs", "back-1.log")));
  assert.match(detail, /service\.ts:\d+\n.*throw new Error.*\n +Error: this service crashes/);
});

test("a stop drains every process, tier by tier, and leaves nothing behind", async (t) => {
  const { folder, start, where } = await arrange(t);
  const supervisor = await start();
  const { services } = await where();
  await end(supervisor);
  assert.equal(supervisor.exitCode, 0);
  for (const { pid } of Object.values(services).flat()) assert.equal(await isRunning(pid), false);
  for (const name of ["edge", "front", "back"])
    assert.match(await readFile(join(folder, `stopped-${name}`), "utf8"), /SIGTERM/);
  const left = await readdir(folder);
  assert.ok(!left.includes("run.json") && !left.includes("processes.json"), left.join());
});

test("a process that ignores SIGTERM is killed", async (t) => {
  const { start, where } = await arrange(t);
  const supervisor = await start({ FIXTURE_back: "deaf" });
  const { pid } = one((await where()).services["back"]);
  await end(supervisor);
  assert.equal(await isRunning(pid), false);
});

test("when the supervisor is killed its processes end by themselves, and the next one starts anew", async (t) => {
  const { folder, start, where } = await arrange(t);
  const supervisor = await start();
  const { services } = await where();
  supervisor.kill("SIGKILL");
  for (const { pid } of Object.values(services).flat()) await eventually(async () => !(await isRunning(pid)));
  assert.match(await readFile(join(folder, "stopped-back"), "utf8"), /disconnect/);
  assert.equal(await endLeftProcesses(folder), 0);
  await start();
  assert.notEqual(one((await where()).services["back"]).pid, one(services["back"]).pid);
});

test("when a service can't start, everything is stopped and it is told why", async (t) => {
  const { folder, start } = await arrange(t);
  await assert.rejects(
    start({ FIXTURE_back: "fails" }),
    /back-1 does not start: it ended with exit code 1.*this service can't start/s,
  );
  assert.ok(!(await readdir(folder)).includes("run.json"));
});
