import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { installPeers } from "../install-peers.ts";
import type { Row } from "../report.ts";
import { measureBacklog } from "./backlog.ts";
import { measureBareAmqp } from "./bare-amqp.ts";
import { measureFlotilla } from "./flotilla.ts";
import { measureHistory } from "./history.ts";

/**
 * Events from the outbox of one service to an effect in another: ours on both brokers, peers that do one row of effect in a transaction
 * for each job, and bare RabbitMQ as the limit. BENCH_PARTS names some of `embedded`, `rabbitmq`, `peers`, `backlog`, `history`.
 */
export async function measureMessaging(): Promise<Row[]> {
  const wanted = (process.env["BENCH_PARTS"] ?? Object.keys(parts).join()).split(",");
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (!wanted.includes(name)) continue;
    const measured = await measure();
    for (const { subject, figure, value, unit } of measured) console.log(`${subject}: ${figure}: ${value} ${unit}`);
    rows.push(...measured);
  }
  return rows;
}

const EMBEDDED = "flotilla, embedded broker";

const parts: Record<string, () => Promise<Row[]>> = {
  embedded: () => measureFlotilla(EMBEDDED),
  peers: ofPeers,
  rabbitmq: onRabbitmq,
  backlog: () => measureBacklog(EMBEDDED),
  history: () => measureHistory(EMBEDDED),
};

async function ofPeers(): Promise<Row[]> {
  await installPeers(["pg-boss", "graphile-worker"]);
  const { measurePgBoss, measureGraphileWorker } = await import("./peers.ts");
  return [...(await measurePgBoss()), ...(await measureGraphileWorker())];
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
