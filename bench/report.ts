import { mkdir, rename, writeFile } from "node:fs/promises";
import { arch, cpus, platform, totalmem } from "node:os";

/** One measured figure: the median of its runs. */
export type Row = { subject: string; figure: string; value: number; unit: string; runs: number[] };

/** A row whose value is the median of `runs`. */
export const row = (subject: string, figure: string, unit: string, runs: number[]): Row => ({
  subject,
  figure,
  value: round(quantile(runs, 0.5)),
  unit,
  runs: runs.map(round),
});

/** The `q` quantile of values (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Prints the rows as a table and writes them to `results/NAME.json`. */
export async function report(name: string, rows: Row[]): Promise<void> {
  console.table(
    rows.map(({ runs, ...figures }) => ({ ...figures, least: Math.min(...runs), most: Math.max(...runs) })),
  );
  const machine = {
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  const folder = new URL("./results/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL(`${name}.json`, folder);
  const temporary = new URL(`${name}.json.tmp`, folder);
  await writeFile(temporary, `${JSON.stringify({ machine, at: new Date().toISOString(), rows }, null, 2)}\n`);
  await rename(temporary, file);
}
