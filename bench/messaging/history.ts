import { quantile, type Row, row } from "../report.ts";
import { databasesOf, drain, EVENTS, RUNS, startServices } from "./flotilla.ts";
import { openWorld, type World } from "./world.ts";

const HISTORY = Number(process.env["BENCH_HISTORY"] ?? 5_000_000);

/** Two pairs of services on one server, of which one has many rows of history: events a second, in turn. */
export async function measureHistory(subject: string): Promise<Row[]> {
  const world = await openWorld([...databasesOf("_new"), ...databasesOf("_old")]);
  const [young, old] = [await startServices(world, undefined, "_new"), await startServices(world, undefined, "_old")];
  await addHistory(world);
  const [without, withHistory]: [number[], number[]] = [[], []];
  // The first events pay for what a process does but once.
  for (let run = 0; run <= RUNS; run++) {
    without.push(await drain(world, young, run * EVENTS, EVENTS));
    withHistory.push(await drain(world, old, run * EVENTS, EVENTS));
  }
  await Promise.all([young.end(), old.end()]);
  await world.close();
  const [rates, historic] = [without.slice(1), withHistory.slice(1)];
  const ratio = quantile(historic, 0.5) / quantile(rates, 0.5);
  return [
    row(subject, "events/s without history", "1/s", rates),
    row(subject, `events/s with ${HISTORY} rows of history`, "1/s", historic),
    row(subject, "the same to those without", "", [ratio]),
  ];
}

async function addHistory(world: World): Promise<void> {
  await world.query(
    "writer_old",
    `insert into outbox (key, message, created_at, sent_at)
     select 'old', '{}', now() - interval '1 day', now() - interval '1 day' from generate_series(1, $1::int)`,
    [HISTORY],
  );
  await world.query(
    "reader_old",
    `insert into inbox (message_id, consumer, handled_at)
     select uuidv7(), 'reader', now() - interval '1 day' from generate_series(1, $1::int)`,
    [HISTORY],
  );
  await world.query("writer_old", "vacuum analyze outbox");
  await world.query("reader_old", "vacuum analyze inbox");
  // What has been written is on its way to the disk: no part of the measurement.
  await world.query("writer_old", "checkpoint");
}
