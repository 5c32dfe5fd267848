import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPeers } from "../install-peers.ts";
import { residentMegabytes } from "../memory.ts";
import { type Row, row } from "../report.ts";
import { signTokens } from "./keys.ts";
import { load } from "./load.ts";
import { measureRefusals } from "./refusals.ts";
import { burden } from "./slow-clients.ts";
import { type Subject, startWorld } from "./subjects.ts";

/** Seconds that each subject is loaded in a round, and rounds. */
const SECONDS = Number(process.env["SECONDS"] ?? 4);
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const WARM_UP = 5;
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

/** Our gateway beside others: signed-in reads of a product of 300 bytes at 64 connections, each gateway on one core. */
export async function measureGateway(): Promise<Row[]> {
  await installPeers(PEERS);
  return [...(await measureWorld()), ...(await measureRefusals())];
}

async function measureWorld(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const tokens = await signTokens();
  const world = await startWorld(folder, tokens, SUBJECTS);
  try {
    for (const subject of world.subjects) await load(subject.url, { ...subject, seconds: WARM_UP });
    const rows = await besideOthers(world.subjects);
    const [ours] = world.subjects as [Subject];
    return [...rows, ...(await sharedReads(ours)), ...(await underBurden(ours)), ...(await memoryOver(ours, REQUESTS))];
  } finally {
    await world.stop();
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

async function underBurden(subject: Subject): Promise<Row[]> {
  const alone: number[] = [];
  const burdened: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push((await load(subject.url, { ...subject, seconds: SECONDS })).p99);
    const others = await burden(subject, { idle: 2_000, slow: 200 });
    burdened.push((await load(subject.url, { ...subject, seconds: SECONDS })).p99);
    others.lift();
  }
  return [
    row(subject.name, "p99 alone", "ms", alone),
    row(subject.name, "p99 beside 2,000 idle connections and 200 slow clients", "ms", burdened),
  ];
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
