import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPeers } from "../install-peers.ts";
import { residentMegabytes } from "../memory.ts";
import { type Row, row } from "../report.ts";
import { signTokens } from "./keys.ts";
import { CORES, load } from "./load.ts";
import { measureAttacks } from "./measure-attacks.ts";
import { measureOverload } from "./overload.ts";
import { measureRefusals } from "./refusals.ts";
import { burden } from "./slow-clients.ts";
import { type Subject, startWorld } from "./subjects.ts";

/** Seconds that each subject is loaded in a round, and rounds. */
const SECONDS = Number(process.env["SECONDS"] ?? 4);
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const WARM_UP = 5;
const BURDEN_ROUNDS = 9;
/** Requests over which memory has to stay flat; `REQUESTS=5000000` measures the whole bar. */
const REQUESTS = Number(process.env["REQUESTS"] ?? 500_000);

/** Names of subjects, separated by `;`, to measure these only. */
const SUBJECTS = (process.env["SUBJECTS"] ?? "").split(";").filter((name) => name !== "");
const PEERS = [
  "express",
  "http-proxy-middleware",
  "http-proxy-middleware-3",
  "fastify",
  "@fastify/http-proxy",
  "moleculer-web",
];

/** What is measured; `BENCH_PARTS` names some of it, separated by commas. */
const beside = {
  others: ({ subjects }: World) => besideOthers(subjects),
  shared: ({ ours }: World) => sharedReads(ours),
  burden: ({ subjects, ours }: World) => underBurdens(subjects, ours),
  memory: ({ ours }: World) => memoryOver(ours, REQUESTS),
};
const inTheShop = { refusals: measureRefusals, attacks: measureAttacks, overload: measureOverload };
const PARTS = process.env["BENCH_PARTS"]?.split(",") ?? [...Object.keys(beside), ...Object.keys(inTheShop)];

type World = { readonly subjects: readonly Subject[]; readonly ours: Subject };

/** Our gateway beside others: signed-in reads of a product of 300 bytes at 64 connections, each gateway on one core; then in the shop. */
export async function measureGateway(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [part, measure] of Object.entries(inTheShop)) if (PARTS.includes(part)) rows.push(...(await measure()));
  if (Object.keys(beside).some((part) => PARTS.includes(part))) rows.unshift(...(await measureWorld()));
  return rows;
}

async function measureWorld(): Promise<Row[]> {
  await installPeers(PEERS);
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  // What the clients of a burden do here is a part of the load.
  await promisify(execFile)("taskset", ["-cp", CORES.load, String(process.pid)]);
  const tokens = await signTokens();
  const { subjects, stop } = await startWorld(folder, tokens, SUBJECTS);
  const rows: Row[] = [];
  try {
    for (const subject of subjects) await load(subject.url, { ...subject, seconds: WARM_UP });
    const world = { subjects, ours: subjects[0] as Subject };
    for (const [part, measure] of Object.entries(beside)) {
      if (PARTS.includes(part)) rows.push(...(await measure(world)));
    }
    return rows;
  } finally {
    await stop();
    tokens.close();
    await rm(folder, { recursive: true });
  }
}

async function besideOthers(subjects: readonly Subject[]): Promise<Row[]> {
  const measured = new Map(subjects.map(({ name }) => [name, { rates: [] as number[], p99: [] as number[] }]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      const { rate, p99 } = await load(subject.url, { ...subject, seconds: SECONDS });
      measured.get(subject.name)?.rates.push(rate);
      measured.get(subject.name)?.p99.push(p99);
    }
  }
  return Array.from(measured).flatMap(([name, { rates, p99 }]) => [
    row(name, "signed-in reads/s at 64 connections", "1/s", rates),
    row(name, "signed-in read, p99", "ms", p99),
  ]);
}

/** Public reads that the contract lets readers share, none of them stale. */
async function sharedReads({ name, url }: Subject): Promise<Row[]> {
  const shown = url.replace("/products/", "/shown/");
  await load(shown, { seconds: WARM_UP });
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push((await load(shown, { seconds: SECONDS })).rate);
  return [row(name, "shared public reads/s at 64 connections", "1/s", rates)];
}

/** nginx tells how much of it is the machine's and the load's. */
async function underBurdens(subjects: readonly Subject[], ours: Subject): Promise<Row[]> {
  const rows: Row[] = [];
  for (const subject of subjects)
    if (subject === ours || subject.name === "nginx") rows.push(...(await underBurden(subject)));
  return rows;
}

/**
 * What clients who only cost do to the others: in turns alone and beside them, each after a second that does not count, so that opening
 * and closing thousands of connections is no part of it.
 */
async function underBurden(subject: Subject): Promise<Row[]> {
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < BURDEN_ROUNDS; round++) {
    alone.push(await settledP99(subject));
    const others = await burden(subject, { idle: 2_000, slow: 200 });
    beside.push(await settledP99(subject));
    await others.lift();
  }
  const times = beside.map((p99, round) => p99 / (alone[round] as number));
  return [
    row(subject.name, "p99 alone", "ms", alone),
    row(subject.name, "p99 beside 2,000 idle connections and 200 slow clients", "ms", beside),
    row(subject.name, "times as much beside them, median of rounds", "x", times),
  ];
}

async function settledP99(subject: Subject): Promise<number> {
  await load(subject.url, { ...subject, seconds: 1 });
  return (await load(subject.url, { ...subject, seconds: 2 })).p99;
}

/** Memory at the start, and after so many requests. */
async function memoryOver(subject: Subject, requests: number): Promise<Row[]> {
  const resident = [await megabytes(subject)];
  let done = 0;
  while (done < requests) {
    done += (await load(subject.url, { ...subject, seconds: SECONDS })).requests;
    resident.push(await megabytes(subject));
  }
  return [
    row(subject.name, "memory before", "MB", resident.slice(0, 1)),
    row(subject.name, `memory after ${done} more requests`, "MB", resident.slice(-1)),
    row(subject.name, `highest memory within them`, "MB", [Math.max(...resident)]),
  ];
}

const megabytes = async ({ pid }: Subject): Promise<number> => (await residentMegabytes([pid])).once;
