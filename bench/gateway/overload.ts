import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { openLoop, quantile, type Sample } from "../../chassis/src/testing/open-loop.ts";
import { type Row, row } from "../report.ts";
import { startShopProcess } from "../shop-process.ts";
import { CORES } from "./load.ts";
import { orderPlacer } from "./place-orders.ts";

/** Milliseconds: what the 99th percentile of orders may take at C. */
const PATIENCE = 500;
/** Milliseconds of a load, and how many of them at its beginning do not count: until then a sudden overload may be a burst. */
const LOAD = 9_000;
const ONSET = 3_000;
/** Callers of a closed loop, and milliseconds for which they ask. */
const CALLERS = 32;
const WARM_UP = 8_000;
/** Milliseconds within which an order alone is placed when the shop has nothing else to do. */
const IDLE = 150;
/** Longer than this nobody waits until the shop is as before; it shall be after 10 s. */
const GIVE_UP = 30_000;

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
  const shop = await startShopProcess(folder, { core: CORES.subject });
  try {
    const place = await orderPlacer(shop.gateway, folder);
    const offer: Offer = (perSecond, milliseconds, onset) => offered(place, perSecond, milliseconds, onset);
    const capacity = await findCapacity(place, offer);
    const rows = [row("flotilla", "C: orders/s without an error and p99 <= 500 ms", "1/s", [capacity])];
    for (const times of [2, 5, 10]) {
      const { good, goodP99, refused, refusedP99 } = await offer(times * capacity, LOAD, ONSET);
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

type Offer = (perSecond: number, milliseconds: number, onset?: number) => Promise<Outcome>;

/** Warms up, and goes down from what callers who always ask again reach until everything is answered in time. */
async function findCapacity(place: () => Promise<string>, offer: Offer): Promise<number> {
  let reached = await closedLoop(place);
  for (let before = 0; reached > 1.1 * before; ) {
    before = reached;
    reached = Math.max(before, await closedLoop(place));
  }
  for (let rate = reached; rate > 1; rate *= 0.85) {
    await untilIdle(place);
    const { refused, goodP99 } = await offer(rate, LOAD, ONSET);
    if (refused === 0 && goodP99 <= PATIENCE) return rate;
  }
  throw new Error("the shop takes no order in time");
}

/** Orders a second of callers of whom each places the next order when the last one is final. */
async function closedLoop(place: () => Promise<string>): Promise<number> {
  let placed = 0;
  const end = performance.now() + WARM_UP;
  const caller = async () => {
    while (performance.now() < end) if ((await place()) === "taken") placed += 1;
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (placed * 1_000) / WARM_UP;
}

/** Until what earlier orders have left to do is done. */
async function untilIdle(place: () => Promise<string>): Promise<void> {
  for (let quick = 0; quick < 3; ) {
    const began = performance.now();
    await place();
    quick = performance.now() - began < IDLE ? quick + 1 : 0;
  }
}

async function offered(
  place: () => Promise<string>,
  perSecond: number,
  milliseconds: number,
  onset = 0,
): Promise<Outcome> {
  const began = performance.now();
  const send = async () => {
    const counts = performance.now() - began >= onset;
    const outcome = await place();
    return counts ? outcome : "at first";
  };
  const load = openLoop({ perSecond, send });
  await delay(milliseconds);
  const samples = (await load.stop()).filter(({ outcome }) => outcome !== "at first");
  const of = (outcome: string) => samples.filter((sample: Sample) => sample.outcome === outcome);
  const [good, refused] = [of("taken"), of("refused")];
  const odd = samples.map(({ outcome }) => outcome).filter((outcome) => outcome !== "taken" && outcome !== "refused");
  if (odd.length > 0) throw new Error(`${odd.length} orders were neither taken nor refused: ${[...new Set(odd)]}`);
  return {
    good: (good.length * 1_000) / (milliseconds - onset),
    goodP99: quantile(good, 0.99),
    refused: (refused.length * 1_000) / (milliseconds - onset),
    refusedP99: quantile(refused, 0.99),
  };
}

/** Milliseconds until everything is answered in time again, at 0.7 of what the shop can take. */
async function recovery(offer: Offer, capacity: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    const soFar = performance.now() - began;
    const { refused, goodP99 } = await offer(0.7 * capacity, 1_000);
    if ((refused === 0 && goodP99 <= PATIENCE) || soFar > GIVE_UP) return soFar;
  }
}
