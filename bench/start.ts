import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { postmasterOf, processTree, residentMegabytes } from "./memory.ts";
import { type Row, row } from "./report.ts";
import { startShopProcess } from "./shop-process.ts";

const RUNS = 3;

/** How long the shop is idle before its memory is read: longer than connections stay open that nobody uses. */
const SETTLE = 45_000;

/** Time until ready on a fresh data folder and on a used one, and memory of all processes when idle. */
export async function measureStart(): Promise<Row[]> {
  const fresh: number[] = [];
  const later: number[] = [];
  const once: number[] = [];
  const each: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
    const first = await startShopProcess(folder);
    fresh.push(first.readyAfter / 1_000);
    await first.stop();
    const second = await startShopProcess(folder);
    later.push(second.readyAfter / 1_000);
    await delay(SETTLE);
    const postgres = await processTree(await postmasterOf(folder));
    const all = await residentMegabytes([...second.pids, ...postgres]);
    once.push(all.once);
    each.push((await residentMegabytes(second.pids)).each + (await residentMegabytes(postgres)).once);
    await second.stop();
    await rm(folder, { recursive: true });
  }
  return [
    row("flotilla", "ready on a fresh data folder", "s", fresh),
    row("flotilla", "ready on a later start", "s", later),
    row("flotilla", "idle, all processes, shared pages once", "MB", once),
    row("flotilla", "idle, all processes added up, PostgreSQL once", "MB", each),
  ];
}
