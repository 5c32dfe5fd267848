import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import type { Order } from "@flotilla/contracts/orders";
import { eventually } from "../fixtures/visitor.ts";
import { canListProcesses, processesNaming } from "./fixtures/process-table.ts";
import { type RunningShop, runShop, shopFolder, startFile, startSupervisor } from "./fixtures/running-shop.ts";
import { startToEnd } from "./fixtures/start-to-end.ts";

/* The tests of this file start one shop again and again, each after the one before. */
const noList = !canListProcesses && "this machine does not tell what its processes were started with";
const terminalCode = "\x1b";
let dataFolder: string;
let order: Order;

before(async () => {
  dataFolder = await shopFolder(fileCleanup);
});

const start = (command?: readonly string[]) => runShop(fileCleanup, { dataFolder, command });
const ann = { email: "ann@mail.example", password: "a good password" };

/** Nothing runs in the folder any more, and no file says so. */
async function assertNothingLeft(): Promise<void> {
  assert.deepEqual(await processesNaming(dataFolder), []);
  const files = await readdir(dataFolder);
  for (const name of ["run.json", "processes.json", "supervisor.lock"]) assert.ok(!files.includes(name), name);
}

/** The earlier customer is known, so is the order, and the shop sells. */
async function assertDataIsThere(shop: RunningShop): Promise<void> {
  const visitor = await shop.visitor().signIn(ann);
  assert.deepEqual((await visitor.ask("GET", `/api/orders/${order.id}`)).body, order);
  assert.equal((await visitor.order(order.items[0]?.productId ?? "", 1)).status, "confirmed");
}

/** PostgreSQL stays, for the next start. What a first run has compiled is written down at its end, which takes a slow disk a while. */
async function servicesHaveEnded(): Promise<void> {
  const left = async () => (await processesNaming(dataFolder)).filter((line) => line.includes("main.ts"));
  const haveEnded = async () => (await left()).length === 0 || undefined;
  await eventually("the services have ended", haveEnded, 90_000).catch(async () => assert.deepEqual(await left(), []));
}

test("when the supervisor is killed, its services end by themselves", { skip: noList }, async () => {
  const shop = await start();
  const { id } = await (await shop.admin()).addProduct({ name: "Sextant", price: 12_300 }, 7);
  order = await (await shop.visitor().register("Ann", ann.email, ann.password)).order(id, 1);
  assert.deepEqual(await shop.stop("SIGKILL"), { code: null, signal: "SIGKILL" });
  await servicesHaveEnded();
});

test("the start after that finds the data, is the only one, and ends without anything left", {
  skip: noList,
}, async () => {
  const shop = await start();
  assert.ok(!shop.output().includes(terminalCode));
  await assertDataIsThere(shop);
  const second = await startToEnd({ DATA_DIR: dataFolder });
  assert.equal(second.code, 1);
  assert.match(second.lines.join("\n"), /^The shop runs already: \S+ is in use by process \d+$/);
  assert.equal((await shop.visitor().ask("GET", "/api/health")).status, 200);
  assert.deepEqual(await shop.stop("SIGTERM"), { code: 0, signal: null });
  await assertNothingLeft();
});

/** What runs a command in a terminal of its own; undefined where that is not the one of util-linux. */
function script(command: readonly string[]): string[] | undefined {
  const { stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  if (!stdout?.includes("util-linux")) return undefined;
  return ["script", "--quiet", "--return", "--command", `exec ${command.map(quoted).join(" ")}`, "/dev/null"];
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
const inTerminal = script([process.execPath, startFile]);

test("Ctrl-C in a terminal stops everything", {
  skip: noList || (!inTerminal && "needs script(1) of util-linux"),
}, async () => {
  const shop = await start(inTerminal);
  assert.ok(shop.output().includes(`${terminalCode}[`));
  await assertDataIsThere(shop);
  shop.type("\x03");
  assert.deepEqual(await shop.exit, { code: 0, signal: null });
  await assertNothingLeft();
});

test("SIGINT stops a start that is under way", { skip: noList }, async () => {
  const supervisor = startSupervisor(fileCleanup, { dataFolder });
  await eventually("services are starting", async () => /orders-1 +starting/.test(supervisor.output()) || undefined);
  assert.deepEqual(await supervisor.stop("SIGINT"), { code: 0, signal: null });
  assert.doesNotMatch(supervisor.output(), /Ready after/);
  await assertNothingLeft();
});
