import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry";
import { startEmbeddedPostgres } from "../../chassis/src/topology/postgres/embedded-postgres.ts";
import { installPeers } from "../install-peers.ts";
import { type Row, row } from "../report.ts";
import { measureMemory, measureRecovery } from "./recovery.ts";
import { fillWithEnded } from "./stored-sagas.ts";
import { startSubject } from "./subject.ts";

const ROUNDS = 3;
const CONCURRENCIES = [1, 32, 256];
const WARM_UP = 2_000;
const MEASURED = 3_000;
const SUBJECTS = ["flotilla", "dbos", "restate"];

type Bench = { url(database: string): Promise<string> };

/** Sagas of three steps that do nothing against DBOS and Restate, then recovery, a full table, and memory. */
export async function measureSaga(): Promise<Row[]> {
  await installPeers(["@dbos-inc/dbos-sdk", "@restatedev/restate-sdk", "@restatedev/restate-server"]);
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const server = await startEmbeddedPostgres({ dataFolder: folder });
  const admin = openDatabase({ url: server.url, name: "bench", log: createLog({ service: "bench", level: "error" }) });
  const bench: Bench = {
    async url(database) {
      await admin.query(`create database ${database}`);
      return server.url.replace(/postgres$/, database);
    },
  };
  try {
    return [
      ...(await measureRates(bench)),
      ...(await measureFullTable(bench)),
      ...(await measureRecovery(await bench.url("recovery"))),
      ...(await measureMemory(await bench.url("memory"))),
    ];
  } finally {
    await admin.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/** One after another in each round, so that what else the machine does is everybody's. */
async function measureRates(bench: Bench): Promise<Row[]> {
  const rates = new Map<string, number[]>();
  const urls = new Map<string, string>();
  for (const name of SUBJECTS) urls.set(name, await bench.url(name));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of SUBJECTS) {
      const subject = await startSubject(name, urls.get(name) ?? "");
      await subject.measure({ concurrency: 32, milliseconds: WARM_UP });
      for (const concurrency of CONCURRENCIES) {
        const rate = await subject.measure({ concurrency, milliseconds: MEASURED });
        console.log(`${name} at ${concurrency}: ${Math.round(rate)}/s`);
        const key = `${name} ${concurrency}`;
        rates.set(key, [...(rates.get(key) ?? []), rate]);
      }
      await subject.stop();
    }
  }
  return CONCURRENCIES.flatMap((concurrency) =>
    SUBJECTS.map((name) => row(name, `sagas/s at ${concurrency}`, "1/s", rates.get(`${name} ${concurrency}`) ?? [])),
  );
}

const ENDED = 2_000_000;

async function measureFullTable(bench: Bench): Promise<Row[]> {
  const [empty, full] = [await bench.url("empty_table"), await bench.url("full_table")];
  const measure = async (url: string) => {
    const subject = await startSubject("flotilla", url);
    await subject.measure({ concurrency: 256, milliseconds: WARM_UP });
    const rate = await subject.measure({ concurrency: 256, milliseconds: MEASURED });
    await subject.stop();
    return rate;
  };
  await measure(full);
  await fillWithEnded(full, ENDED);
  const shares: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [without, among] = [await measure(empty), await measure(full)];
    console.log(`empty: ${Math.round(without)}/s, among ${ENDED} ended: ${Math.round(among)}/s`);
    shares.push((among / without) * 100);
  }
  return [row("flotilla", `speed at 256 among ${ENDED} ended sagas, of that on an empty table`, "%", shares)];
}
