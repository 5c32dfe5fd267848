import { randomUUID } from "node:crypto";
import { quantile, type Row, row } from "../report.ts";
import { effectsReach, openWorld, startPart, type World } from "./world.ts";

export const EVENTS = Number(process.env["BENCH_EVENTS"] ?? 20_000);
export const RUNS = Number(process.env["BENCH_RUNS"] ?? 3);

/** The databases of a writer and a reader, and of the embedded broker; `which` tells one pair from another. */
export const databasesOf = (which = "") => ["writer", "reader", "broker"].map((name) => `${name}${which}`);

/** How the reader writes its effects: by statements that handlers share, or each by its own. */
export type Handler = "combined" | "plain";

/** A writer and a reader on the broker at `brokerUrl`; without one, on the embedded broker. */
export async function startServices(world: World, brokerUrl?: string, which = "", handler: Handler = "combined") {
  await world.query(`reader${which}`, "create table if not exists effect (number integer, at timestamptz)");
  const broker = brokerUrl ?? world.url(`broker${which}`);
  const part = (role: string) =>
    startPart("./flotilla-part.ts", {
      ROLE: role,
      DATABASE: world.url(`${role}${which}`),
      BROKER: broker,
      HANDLER: handler,
    });
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

/** Events a second from an outbox to effects in another service. The first events pay for what a process does but once. */
export async function drainFlotilla(brokerUrl?: string, handler?: Handler): Promise<number> {
  const measure = async (world: World, services: Services) => {
    await drain(world, services, 0, EVENTS);
    return drain(world, services, EVENTS, EVENTS);
  };
  return withServices(brokerUrl, measure, handler);
}

/** The time of one event on an idle system. */
export async function measureIdle(subject: string, brokerUrl?: string): Promise<Row[]> {
  const latencies = await withServices(brokerUrl, async (world, services) => {
    await drain(world, services, 0, EVENTS);
    return idle(services, EVENTS);
  });
  return [
    row(subject, "idle, commit to effect, p50", "ms", [quantile(latencies, 0.5)]),
    row(subject, "idle, commit to effect, p99", "ms", [quantile(latencies, 0.99)]),
  ];
}

async function withServices<T>(
  brokerUrl: string | undefined,
  measure: (world: World, services: Services) => Promise<T>,
  handler?: Handler,
): Promise<T> {
  const world = await openWorld(databasesOf());
  const services = await startServices(world, brokerUrl && `${brokerUrl}?exchange=bench-${randomUUID()}`, "", handler);
  try {
    return await measure(world, services);
  } finally {
    await services.end();
    await world.close();
  }
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
