import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { openLoop, quantile, type Sample } from "@flotilla/chassis/testing/open-loop";
import { type Row, row } from "../report.ts";
import { startShopProcess } from "../shop-process.ts";
import { CORES } from "./load.ts";
import { orderPlacer } from "./place-orders.ts";

/** Milliseconds: what the 99th percentile of orders may take at C, and of refusals whenever there are any. */
const PATIENCE = 500;
const STEP = 6_000;
/** Within so many milliseconds the shop has to be as before. */
const RECOVERY = 10_000;

/** What of an open-loop load was answered how. */
type Outcome = {
  readonly good: number;
  readonly goodP99: number;
  readonly refused: number;
  readonly refusedP99: number;
};

/**
 * Orders at several times the rate that a running shop can take, whether or not earlier ones are answered. The whole shop, its database
 * included, is on one core, and the load on the other.
 */
export async function measureOverload(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  await promisify(execFile)("taskset", ["-cp", CORES.load, String(process.pid)]);
  const shop = await startShopProcess(folder, CORES.subject);
  try {
    const place = await orderPlacer(shop.gateway, folder);
    const offer = (perSecond: number, milliseconds: number) => offered(place, perSecond, milliseconds);
    const capacity = await findCapacity(place, offer);
    const rows = [row("flotilla", "C: orders/s without an error and p99 <= 500 ms", "1/s", [capacity])];
    for (const times of [2, 5, 10]) {
      const { good, goodP99, refused, refusedP99 } = await offer(times * capacity, STEP);
      const recovered = await recovery(offer, capacity);
      rows.push(
        row("flotilla", `orders taken of C, offered ${times} x C`, "%", [(100 * good) / capacity]),
        row("flotilla", `an order then, p99`, "ms", [goodP99]),
        row("flotilla", `refused then`, "1/s", [refused]),
        row("flotilla", `a refusal then, p99`, "ms", [refusedP99]),
        row("flotilla", `back to normal after`, "s", [recovered / 1_000]),
      );
    }
    return rows;
  } finally {
    await shop.stop();
    await rm(folder, { recursive: true });
  }
}

type Offer = (perSecond: number, milliseconds: number) => Promise<Outcome>;

/** Warms up with 16 callers, and goes down from what they reach until everything is answered in time. */
async function findCapacity(place: () => Promise<string>, offer: Offer): Promise<number> {
  let placed = 0;
  const end = performance.now() + 2 * STEP;
  const caller = async () => {
    while (performance.now() < end) if ((await place()) === "taken" && end - performance.now() < STEP) placed += 1;
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  for (let rate = (1.1 * placed * 1_000) / STEP; rate > 1; rate *= 0.9) {
    const { refused, goodP99 } = await offer(rate, STEP);
    if (refused === 0 && goodP99 <= PATIENCE) return rate;
    await delay(1_000);
  }
  throw new Error("the shop takes no order in time");
}

async function offered(place: () => Promise<string>, perSecond: number, milliseconds: number): Promise<Outcome> {
  const load = openLoop({ perSecond, send: place });
  await delay(milliseconds);
  const samples = await load.stop();
  const of = (outcome: string) => samples.filter((sample: Sample) => sample.outcome === outcome);
  const [good, refused] = [of("taken"), of("refused")];
  const odd = samples.length - good.length - refused.length;
  if (odd > 0) throw new Error(`${odd} orders were neither taken nor refused`);
  return {
    good: (good.length * 1_000) / milliseconds,
    goodP99: quantile(good, 0.99),
    refused: (refused.length * 1_000) / milliseconds,
    refusedP99: quantile(refused, 0.99),
  };
}

/** Milliseconds until everything is answered in time again, at 0.7 of what the shop can take. */
async function recovery(offer: Offer, capacity: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    const soFar = performance.now() - began;
    const { refused, goodP99 } = await offer(0.7 * capacity, 1_000);
    if ((refused === 0 && goodP99 <= PATIENCE) || soFar > 3 * RECOVERY) return soFar;
  }
}
