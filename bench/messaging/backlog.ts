import { type Row, row } from "../report.ts";
import { databasesOf, drain, EVENTS, startServices } from "./flotilla.ts";
import { openWorld } from "./world.ts";

const BACKLOG = Number(process.env["BENCH_BACKLOG"] ?? 200_000);

/** A backlog against an empty start, and the growth of the process. */
export async function measureBacklog(subject: string): Promise<Row[]> {
  const world = await openWorld(databasesOf());
  const services = await startServices(world);
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
  await services.end();
  await world.close();
  return [
    row(subject, `backlog of ${BACKLOG}, events/s`, "1/s", [backlog]),
    row(subject, "the same to an empty start", "", [backlog / empty]),
    row(subject, "growth of the reader", "MB", [highest - before]),
  ];
}
