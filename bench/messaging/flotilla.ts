import { quantile, type Row, row } from "../report.ts";
import { effectsReach, openWorld, startPart, type World } from "./world.ts";

const EVENTS = Number(process.env["BENCH_EVENTS"] ?? 20_000);
const BACKLOG = Number(process.env["BENCH_BACKLOG"] ?? 200_000);
const HISTORY = Number(process.env["BENCH_HISTORY"] ?? 5_000_000);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 3);

/** A writer and a reader on the broker at `brokerUrl`; without one, on the embedded broker. */
async function startServices(world: World, brokerUrl: string | undefined) {
  await world.query("reader", "create table if not exists effect (number integer, at timestamptz)");
  const broker = brokerUrl ?? world.url("broker");
  const part = (role: string) =>
    startPart("./flotilla-part.ts", { ROLE: role, DATABASE: world.url(role), BROKER: broker });
  const reader = await part("reader");
  const writer = await part("writer");
  const told = async (word: unknown) => {
    const answer = writer.next();
    writer.send(word);
    return answer;
  };
  return { reader, told, end: () => Promise.all([reader.end(), writer.end()]) };
}

type Services = Awaited<ReturnType<typeof startServices>>;

/** Drains `count` committed events; resolves with events a second. */
async function drain(world: World, services: Services, from: number, count: number): Promise<number> {
  await services.told({ stop: true });
  await services.told({ fill: [from, count] });
  const begin = performance.now();
  await services.told({ start: true });
  const took = await effectsReach(world, "reader", from + count, begin);
  return (count / took) * 1_000;
}

/** Events a second from an outbox to effects in another service, and the time of one on an idle system. */
export async function measureFlotilla(subject: string, brokerUrl?: string): Promise<Row[]> {
  const rates: number[] = [];
  let latencies: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const world = await openWorld(["writer", "reader", "broker"]);
    const services = await startServices(world, brokerUrl && `${brokerUrl}?exchange=bench-${run}-${process.pid}`);
    rates.push(await drain(world, services, 0, EVENTS));
    if (run === 0) latencies = await idle(services, EVENTS);
    await services.end();
    await world.close();
  }
  return [
    row(subject, `events/s, outbox to effect, ${EVENTS}`, "1/s", rates),
    row(subject, "idle, commit to effect, p50", "ms", [quantile(latencies, 0.5)]),
    row(subject, "idle, commit to effect, p99", "ms", [quantile(latencies, 0.99)]),
  ];
}

/** Milliseconds from the commit of an event to the commit of its effect, one at a time; both processes say when that was. */
async function idle({ told, reader }: Services, from: number): Promise<number[]> {
  const latencies: number[] = [];
  reader.send({ watch: true });
  for (let number = from; number < from + 500; number++) {
    const applied = reader.next();
    const { at: committed = 0 } = await told({ one: number });
    const { at = 0 } = await applied;
    latencies.push(at - committed);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  reader.send({ watch: false });
  return latencies;
}

/** A backlog against an empty start, the growth of the process, and the same with many rows of history. */
export async function measureBacklog(subject: string, brokerUrl?: string): Promise<Row[]> {
  const world = await openWorld(["writer", "reader", "broker"]);
  const services = await startServices(world, brokerUrl && `${brokerUrl}?exchange=backlog-${process.pid}`);
  const { reader } = services;
  const memory = async () => {
    const answer = reader.next();
    reader.send({});
    return ((await answer)["rss"] ?? 0) / 2 ** 20;
  };
  // The first events pay for what a process does but once.
  await drain(world, services, 0, EVENTS);
  const empty = await drain(world, services, EVENTS, EVENTS);
  const before = await memory();
  let highest = before;
  const watching = setInterval(async () => {
    highest = Math.max(highest, await memory());
  }, 500);
  const backlog = await drain(world, services, 2 * EVENTS, BACKLOG);
  clearInterval(watching);
  await addHistory(world);
  const historic = await drain(world, services, 2 * EVENTS + BACKLOG, EVENTS);
  await services.end();
  await world.close();
  return [
    row(subject, `backlog of ${BACKLOG}, events/s`, "1/s", [backlog]),
    row(subject, "the same to an empty start", "", [backlog / empty]),
    row(subject, "growth of the reader", "MB", [highest - before]),
    row(subject, `rate with ${HISTORY} rows of history, to an empty start`, "", [historic / empty]),
  ];
}

async function addHistory(world: World): Promise<void> {
  await world.query(
    "writer",
    `insert into outbox (key, message, created_at, sent_at)
     select 'old', '{}', now() - interval '1 day', now() - interval '1 day' from generate_series(1, $1::int)`,
    [HISTORY],
  );
  await world.query(
    "reader",
    `insert into inbox (message_id, consumer, handled_at)
     select uuidv7(), 'reader', now() - interval '1 day' from generate_series(1, $1::int)`,
    [HISTORY],
  );
  for (const [database, table] of [
    ["writer", "outbox"],
    ["reader", "inbox"],
  ] as const)
    await world.query(database, `vacuum analyze ${table}`);
}
