import { processTree } from "../memory.ts";
import type { ShopProcess } from "../shop-process.ts";
import type { CountedServer } from "./counted-server.ts";
import { processTimes } from "./process-time.ts";

/** What a shop has done so far, by the name of the figure. */
type Counts = Readonly<Record<string, number>>;

/** Reads all that can be counted: what the database did, processor time of each process, calls and messages. */
export async function countWork(shop: ShopProcess, server: CountedServer): Promise<Counts> {
  const { commits, statements, inserted, updated, deleted, walRecords, walBytes } = await server.counts();
  const counts: Record<string, number> = {
    commits,
    "statements (round trips)": statements,
    "rows inserted": inserted,
    "rows updated": updated,
    "rows deleted": deleted,
    "rows written": inserted + updated + deleted,
    "WAL records": walRecords,
    "WAL bytes": walBytes,
    "ms of CPU, PostgreSQL": await processTimes(await processTree(server.pid)),
  };
  for (const [service, instances] of Object.entries(shop.services)) {
    counts[`ms of CPU, ${service}`] = await processTimes(instances.map(({ pid }) => pid));
  }
  const metrics = await Promise.all(
    Object.values(shop.services)
      .flat()
      .map(({ url }) => readMetrics(url)),
  );
  counts["messages"] = total(metrics, /^messages_handled_total/);
  counts["calls between services"] = total(metrics, /^http_server_request_duration_seconds_count/);
  return counts;
}

/** What was done between two counts, for each of so many orders. */
export const forEach = (before: Counts, after: Counts, orders: number): [figure: string, value: number][] =>
  Object.entries(after).map(([figure, count]) => [figure, (count - (before[figure] ?? 0)) / orders]);

/** The metrics of a process; nothing of the gateway, which shows its own elsewhere. */
const readMetrics = async (url: string): Promise<string> =>
  fetch(`${url}/metrics`).then(
    (response) => (response.ok ? response.text() : ""),
    () => "",
  );

function total(pages: readonly string[], name: RegExp): number {
  const lines = pages.flatMap((page) => page.split("\n")).filter((line) => name.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
