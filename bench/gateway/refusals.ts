import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { quantile, type Row, row } from "../report.ts";
import { startShopProcess } from "../shop-process.ts";

const TIMES = 50;

type Hostile = { readonly body: string | Uint8Array<ArrayBuffer>; readonly headers?: Record<string, string> };

/** Bodies that cost whoever reads them carelessly. */
const hostile: Record<string, Hostile> = {
  "JSON 10,000 deep": { body: `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}` },
  "a megabyte of openings": { body: '{"a":'.repeat(200_000) },
  "100,000 keys": { body: `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`).join()}}` },
  "5,000 keys": { body: `{${Array.from({ length: 5_000 }, (_, n) => `"k${n}":1`).join()}}` },
  "a gzip bomb": { body: gzipSync(Buffer.alloc(10_000_000, " ")), headers: { "content-encoding": "gzip" } },
};

/** How long it takes to refuse hostile bodies, one after the other: through the gateway of a running shop, and at a service itself. */
export async function measureRefusals(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const shop = await startShopProcess(folder);
  try {
    const { services } = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
    const doors = {
      "through the gateway": `${shop.gateway}/api/auth/refresh`,
      "at a service": `${services.users[0].url}/auth/refresh`,
    };
    const rows: Row[] = [];
    for (const [door, url] of Object.entries(doors)) {
      await refusal(url, { body: "{" });
      const times: number[] = [];
      for (const sent of Object.values(hostile)) {
        for (let time = 0; time < TIMES; time++) times.push(await refusal(url, sent));
      }
      rows.push(
        row("flotilla", `refusing a hostile body ${door}, median of ${times.length}`, "ms", times),
        row("flotilla", `refusing a hostile body ${door}, p99`, "ms", [quantile(times, 0.99)]),
        row("flotilla", `refusing a hostile body ${door}, slowest`, "ms", [Math.max(...times)]),
      );
    }
    return rows;
  } finally {
    await shop.stop();
    await rm(folder, { recursive: true });
  }
}

async function refusal(url: string, { body, headers }: Hostile): Promise<number> {
  const begin = performance.now();
  const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  if (![400, 413, 415].includes(answer.status)) throw new Error(`${url}: ${answer.status}`);
  return performance.now() - begin;
}
