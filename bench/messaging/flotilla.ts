import { quantile, type Row, row } from "../report.ts";
import { effectsReach, openWorld, startPart, type World } from "./world.ts";

export const EVENTS = Number(process.env["BENCH_EVENTS"] ?? 20_000);
export const RUNS = Number(process.env["BENCH_RUNS"] ?? 3);

/** The databases of a writer and a reader, and of the embedded broker; `which` tells one pair from another. */
export const databasesOf = (which = "") => ["writer", "reader", "broker"].map((name) => `${name}${which}`);

/** A writer and a reader on the broker at `brokerUrl`; without one, on the embedded broker. */
export async function startServices(world: World, brokerUrl?: string, which = "") {
  await world.query(`reader${which}`, "create table if not exists effect (number integer, at timestamptz)");
  const broker = brokerUrl ?? world.url(`broker${which}`);
  const part = (role: string) =>
    startPart("./flotilla-part.ts", { ROLE: role, DATABASE: world.url(`${role}${which}`), BROKER: broker });
  const reader = await part("reader");
  const writer = await part("writer");
  const told = async (word: unknown) => {
    const answer = writer.next();
    writer.send(word);
    return answer;
  };
  return { reader, told, database: `reader${which}`, end: () => Promise.all([reader.end(), writer.end()]) };
}

export type Services = Awaited<ReturnType<typeof startServices>>;

/** Drains `count` committed events; resolves with events a second. */
export async function drain(world: World, services: Services, from: number, count: number): Promise<number> {
  await services.told({ stop: true });
  await services.told({ fill: [from, count] });
  const begin = performance.now();
  await services.told({ start: true });
  const took = await effectsReach(world, services.database, from + count, begin);
  return (count / took) * 1_000;
}

/** Events a second from an outbox to effects in another service, and the time of one on an idle system. */
export async function measureFlotilla(subject: string, brokerUrl?: string): Promise<Row[]> {
  const rates: number[] = [];
  let latencies: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const world = await openWorld(databasesOf());
    const services = await startServices(world, brokerUrl && `${brokerUrl}?exchange=bench-${run}-${process.pid}`);
    // The first events pay for what a process does but once.
    await drain(world, services, 0, EVENTS);
    rates.push(await drain(world, services, EVENTS, EVENTS));
    if (run === 0) latencies = await idle(services, 2 * EVENTS);
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
