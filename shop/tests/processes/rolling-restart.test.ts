import assert from "node:assert/strict";
import { test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { outcomesOf, quantile } from "../../../chassis/src/testing/open-loop.ts";
import { isRunning } from "../../../chassis/src/topology/processes/running-process.ts";
import { shop as topology } from "../../topology.ts";
import { eventually } from "../fixtures/visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "./fixtures/books.ts";
import { type RunningShop, runShop, shopFolder } from "./fixtures/running-shop.ts";
import { sendTraffic } from "./fixtures/shop-traffic.ts";

/* F-16 and F-17 in short: every process of a shop with two of each is asked to end, one after the other, under load. */
const names = topology.services;
const REQUESTS = 5_000;
const PER_SECOND = 90;

const pidsOf = async (shop: RunningShop, service: string): Promise<number[]> =>
  ((await shop.where()).services[service] ?? []).map(({ pid }) => pid);

/** Asks a process to end as an operator would. Resolves, once its successor is ready, with the milliseconds that its end took. */
async function restart(shop: RunningShop, service: string, pid: number): Promise<number> {
  const before = performance.now();
  process.kill(pid, "SIGTERM");
  await eventually(`${service} ${pid} has ended`, async () => !(await isRunning(pid)) || undefined);
  const took = performance.now() - before;
  await eventually(`${service} runs again`, async () => !(await pidsOf(shop, service)).includes(pid) || undefined);
  return took;
}

test("while every process is restarted, no request of 5,000 fails, and each process ends by itself within 10 s", async (t) => {
  const dataFolder = await shopFolder(fileCleanup);
  const replicas = names.map((name) => `${name}=2`).join(",");
  const shop = await runShop(fileCleanup, { dataFolder, environment: { REPLICAS: replicas } });
  const traffic = await sendTraffic(t, shop, { perSecond: PER_SECOND });
  const ends: number[] = [];
  for (const name of names) {
    for (const pid of await pidsOf(shop, name)) ends.push(await restart(shop, name, pid));
  }
  // However fast all were restarted, so many take their time.
  const patience = (2_000 * REQUESTS) / PER_SECOND;
  await eventually("enough requests", async () => traffic.sent() >= REQUESTS || undefined, patience);
  const samples = await traffic.stop();
  t.diagnostic(
    `${samples.length} requests, p50 ${quantile(samples, 0.5).toFixed(0)} ms, p99 ${quantile(samples, 0.99).toFixed(0)} ms; ` +
      `the slowest process took ${Math.max(...ends).toFixed(0)} ms to end`,
  );
  assert.deepEqual(outcomesOf(samples), { ok: samples.length });
  assert.equal(ends.length, 2 * names.length);
  assert.ok(Math.max(...ends) <= 10_000);
  const codes = Array.from(shop.output().matchAll(/-[12] .*ended with exit code (\d+)/g), ([, code]) => code);
  assert.deepEqual(
    codes,
    Array.from(ends, () => "0"),
  );
  await waitUntilSettled(shop);
  await assertBooksAgree(shop);
});
