import { setTimeout as delay } from "node:timers/promises";
import { type Row, row } from "../report.ts";
import { fillWithInterrupted, unfinished } from "./stored-sagas.ts";
import { startSubject } from "./subject.ts";

const INTERRUPTED = 10_000;

/** Seconds from the crash of a process that held 10,000 sagas until two others have ended them all, and how they shared them. */
export async function measureRecovery(url: string): Promise<Row[]> {
  const replicas = await Promise.all([startSubject("waiting", url), startSubject("waiting", url)]);
  for (const replica of replicas) await replica.ask({ run: true });
  await fillWithInterrupted(url, INTERRUPTED);
  const begin = performance.now();
  while ((await unfinished(url)) > 0) await delay(100);
  const seconds = (performance.now() - begin) / 1_000;
  const shares = await Promise.all(replicas.map((replica) => replica.ask<{ ended: number }>({})));
  const least = Math.min(...shares.map(({ ended }) => ended));
  for (const replica of replicas) await replica.stop();
  return [
    row("flotilla", `${INTERRUPTED} interrupted sagas ended by 2 replicas, leases included`, "s", [seconds]),
    row("flotilla", "share of the replica that did less", "%", [(least / INTERRUPTED) * 100]),
  ];
}

const WAITING = 50_000;

/** What a process keeps in memory for each saga that waits for a timer. */
export async function measureMemory(url: string): Promise<Row[]> {
  const subject = await startSubject("waiting", url);
  await subject.ask({ begin: 5_000 });
  const { bytes } = await subject.ask<{ bytes: number }>({ begin: WAITING });
  await subject.stop();
  return [row("flotilla", `memory for each of ${WAITING} waiting sagas`, "B", [Math.max(0, bytes) / WAITING])];
}
