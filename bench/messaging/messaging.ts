import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Row } from "../report.ts";
import { measureBacklog, measureFlotilla } from "./flotilla.ts";
import { measureBareAmqp, measureGraphileWorker, measurePgBoss } from "./peers.ts";

/**
 * Events from the outbox of one service to an effect in another: ours on both brokers, peers that do one row of effect in a transaction
 * for each job, and bare RabbitMQ as the limit. BENCH_PARTS names some of `embedded`, `rabbitmq`, `peers`, `backlog`.
 */
export async function measureMessaging(): Promise<Row[]> {
  const parts = (process.env["BENCH_PARTS"] ?? "embedded,rabbitmq,peers,backlog").split(",");
  const rows: Row[] = [];
  if (parts.includes("embedded")) rows.push(...(await measureFlotilla("flotilla, embedded broker")));
  if (parts.includes("peers")) rows.push(...(await measurePgBoss()), ...(await measureGraphileWorker()));
  if (parts.includes("rabbitmq")) rows.push(...(await onRabbitmq()));
  if (parts.includes("backlog")) rows.push(...(await measureBacklog("flotilla, embedded broker")));
  return rows;
}

async function onRabbitmq(): Promise<Row[]> {
  const program = fileURLToPath(new URL("../../chassis/src/testing/run-rabbitmq.ts", import.meta.url));
  const node = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(node, "exit");
  try {
    const first = await Promise.race([once(node.stdout, "data"), ended.then(() => undefined)]);
    if (!first) return [];
    const url = String(first[0]).trim();
    return [...(await measureBareAmqp(url)), ...(await measureFlotilla("flotilla, RabbitMQ", url))];
  } finally {
    node.stdin.end();
    await ended;
  }
}
