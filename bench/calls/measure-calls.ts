import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPeers } from "../install-peers.ts";
import { type Row, row } from "../report.ts";
import { measureFinding } from "./find-instance.ts";
import { type Subject, startSubjects } from "./subjects.ts";

/** Seconds that each subject is loaded in a round, and rounds. */
const SECONDS = Number(process.env["SECONDS"] ?? 6);
const ROUNDS = Number(process.env["ROUNDS"] ?? 4);
const WARM_UP = 6;
const CALLERS = 64;
const PEERS = [
  "fastify",
  "moleculer",
  "@nestjs/core",
  "@nestjs/common",
  "@nestjs/microservices",
  "rxjs",
  "jsonwebtoken",
];

const BARE = "undici and Fastify, nothing else";
const OURS = "flotilla, tracing at 10 %";
const UNTRACED = "flotilla, tracing off";
const MOLECULER = "Moleculer, TCP transporter, doing the same work";
const NEST = "NestJS, TCP microservice, doing the same work";

type Figures = { rates: number[]; p99: number[] };

/** A call between two processes, each on a core: ours with everything on, a bare one, and peers as they come and with the same work. */
export async function measureCalls(): Promise<Row[]> {
  await installPeers(PEERS);
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const subjects = await startSubjects(folder, {
    bare: BARE,
    ours: OURS,
    untraced: UNTRACED,
    moleculer: MOLECULER,
    nest: NEST,
  });
  try {
    const measured = await besideOthers(subjects.all);
    return [...rowsOf(measured), ...comparisons(measured), measureFinding()];
  } finally {
    await subjects.stop();
    await rm(folder, { recursive: true });
  }
}

/** One after the other in each round, so that what else the machine does is everybody's. */
async function besideOthers(subjects: readonly Subject[]): Promise<ReadonlyMap<string, Figures>> {
  const measured = new Map<string, Figures>(subjects.map(({ name }) => [name, { rates: [], p99: [] }]));
  for (const subject of subjects) await subject.measure({ callers: CALLERS, milliseconds: WARM_UP * 1_000 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      const { rate, p99, failed } = await subject.measure({ callers: CALLERS, milliseconds: SECONDS * 1_000 });
      const failures = failed > 0 ? `, ${failed} calls FAILED` : "";
      console.log(`${subject.name}: ${Math.round(rate)} calls/s, p99 ${p99.toFixed(1)} ms${failures}`);
      measured.get(subject.name)?.rates.push(rate);
      measured.get(subject.name)?.p99.push(p99);
    }
  }
  return measured;
}

const rowsOf = (measured: ReadonlyMap<string, Figures>): Row[] =>
  Array.from(measured).flatMap(([name, { rates, p99 }]) => [
    row(name, `calls/s at ${CALLERS} callers`, "1/s", rates),
    row(name, `a call at ${CALLERS} callers, p99`, "ms", p99),
  ]);

/** What is promised, round by round: of two that were measured right after each other. */
function comparisons(measured: ReadonlyMap<string, Figures>): Row[] {
  const ratio = (one: string, other: string) => {
    const rates = (name: string) => measured.get(name)?.rates ?? [];
    return rates(one).map((rate, round) => (rate / (rates(other)[round] ?? Number.NaN)) * 100);
  };
  return [
    row("flotilla", "calls/s of a bare call's (bar: 70 or more)", "%", ratio(OURS, BARE)),
    row("flotilla", "calls/s of Moleculer's with the same work (bar: 100 or more)", "%", ratio(OURS, MOLECULER)),
    row("flotilla", "calls/s of NestJS' with the same work (bar: 100 or more)", "%", ratio(OURS, NEST)),
    row(
      "flotilla",
      "tracing at 10 % costs (bar: 15 or less)",
      "%",
      ratio(OURS, UNTRACED).map((kept) => 100 - kept),
    ),
  ];
}
