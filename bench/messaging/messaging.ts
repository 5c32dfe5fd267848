import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { installPeers } from "../install-peers.ts";
import { type Row, row } from "../report.ts";
import { measureBacklog } from "./backlog.ts";
import { drainBareAmqp } from "./bare-amqp.ts";
import { drainFlotilla, EVENTS, measureIdle, RUNS } from "./flotilla.ts";
import { measureHistory } from "./history.ts";

const EMBEDDED = "flotilla, embedded broker";
const RABBITMQ = "flotilla, RabbitMQ";
const wanted = (process.env["BENCH_PARTS"] ?? "embedded,rabbitmq,peers,backlog,history").split(",");

/**
 * Events from the outbox of one service to an effect in another: ours on both brokers, peers that do one row of effect in a transaction
 * for each job, and bare RabbitMQ as the limit. BENCH_PARTS names some of `embedded`, `rabbitmq`, `peers`, `backlog`, `history`.
 */
export async function measureMessaging(): Promise<Row[]> {
  const rows: Row[] = [];
  if (wanted.includes("rabbitmq")) rows.push(...(await besideRabbitmq()));
  else rows.push(...(await ratesAndTimes()));
  if (wanted.includes("backlog")) rows.push(...(await measureBacklog(EMBEDDED)));
  if (wanted.includes("history")) rows.push(...(await measureHistory(EMBEDDED)));
  return rows;
}

/** Does the rest while a RabbitMQ runs, if there is the program. */
async function besideRabbitmq(): Promise<Row[]> {
  const program = fileURLToPath(new URL("../../chassis/src/testing/servers/run-rabbitmq.ts", import.meta.url));
  const node = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(node, "exit");
  try {
    const first = await Promise.race([once(node.stdout, "data"), ended.then(() => undefined)]);
    return await ratesAndTimes(first && String(first[0]).trim());
  } finally {
    node.stdin.end();
    await ended;
  }
}

type Drains = ReadonlyMap<string, () => Promise<number>>;

async function ratesAndTimes(rabbitmq?: string): Promise<Row[]> {
  const subjects = await drains(rabbitmq);
  const times = wanted.includes("embedded") ? await measureIdle(EMBEDDED) : [];
  if (rabbitmq) times.push(...(await measureIdle(RABBITMQ, rabbitmq)));
  return [...(await measureRates(subjects)), ...times];
}

async function drains(rabbitmq: string | undefined): Promise<Drains> {
  const all = new Map<string, () => Promise<number>>();
  if (wanted.includes("embedded")) {
    all.set(EMBEDDED, () => drainFlotilla());
    all.set(`${EMBEDDED}, plain handlers`, () => drainFlotilla(undefined, "plain"));
  }
  if (wanted.includes("peers")) {
    await installPeers(["pg-boss", "graphile-worker"]);
    const { drainPgBoss, drainGraphileWorker } = await import("./peers.ts");
    all.set("pg-boss", drainPgBoss).set("graphile-worker", drainGraphileWorker);
    // They work in this process: the first events pay for what it does but once.
    for (const drain of [drainPgBoss, drainGraphileWorker]) await drain();
  }
  if (rabbitmq) {
    all.set(RABBITMQ, () => drainFlotilla(rabbitmq));
    all.set("bare amqplib, no effect", () => drainBareAmqp(rabbitmq));
  }
  return all;
}

/** One after another in each round, so that what else the machine does is everybody's. */
async function measureRates(subjects: Drains): Promise<Row[]> {
  const rates = new Map(Array.from(subjects.keys(), (subject) => [subject, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const [subject, drain] of subjects) {
      const rate = await drain();
      console.log(`${subject}: ${Math.round(rate)}/s`);
      rates.get(subject)?.push(rate);
    }
  }
  return Array.from(rates, ([subject, runs]) => row(subject, `events/s, outbox to effect, ${EVENTS}`, "1/s", runs));
}
