import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { EVENTS } from "./flotilla.ts";
import { effectsReach, openWorld, type World } from "./world.ts";

const CONCURRENCY = 16;

/** Does `drain` on a fresh server. */
async function onServer(drain: (world: World) => Promise<number>): Promise<number> {
  const world = await openWorld(["jobs", "reader"]);
  await world.query("reader", "create table effect (number integer, at timestamptz)");
  try {
    return await drain(world);
  } finally {
    await world.close();
  }
}

/** One row of effect in a transaction, as a job that does something in its service's own database has to. */
function effectWriter(world: World) {
  const pool = new pg.Pool({ connectionString: world.url("reader"), max: CONCURRENCY });
  // The server ends first.
  pool.on("error", () => {});
  const write = async (number: number) => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query({
        name: "effect",
        text: "insert into effect (number, at) values ($1, clock_timestamp())",
        values: [number],
      });
      await client.query("commit");
    } finally {
      client.release();
    }
  };
  return { write, end: () => pool.end() };
}

/** pg-boss: jobs that are there already, fetched and completed in batches of 100 without its pauses between polls, four at once. */
export const drainPgBoss = () =>
  onServer(async (world) => {
    const boss = new PgBoss(world.url("jobs"));
    boss.on("error", () => {});
    await boss.start();
    await boss.createQueue("events");
    for (let from = 0; from < EVENTS; from += 1_000) {
      await boss.insert(
        "events",
        Array.from({ length: 1_000 }, (_, index) => ({ data: { number: from + index } })),
      );
    }
    const { write, end } = effectWriter(world);
    const begin = performance.now();
    const drain = async () => {
      for (;;) {
        const jobs = await boss.fetch<{ number: number }>("events", { batchSize: 100 });
        if (jobs.length === 0) return;
        await Promise.all(jobs.map(({ data }) => write(data.number)));
        await boss.complete(
          "events",
          jobs.map(({ id }) => id),
        );
      }
    };
    await Promise.all(Array.from({ length: 4 }, drain));
    const took = await effectsReach(world, "reader", EVENTS, begin);
    await boss.stop({ graceful: false });
    await end();
    return (EVENTS / took) * 1_000;
  });

/** graphile-worker: jobs that are there already, sixteen at once. */
export const drainGraphileWorker = () =>
  onServer(async (world) => {
    const connectionString = world.url("jobs");
    const utils = await makeWorkerUtils({ connectionString });
    await utils.migrate();
    await utils.withPgClient((client) =>
      client.query(
        `select graphile_worker.add_jobs(array(
           select ('effect', json_build_object('number', n), null, null, null, null, null, null)::graphile_worker.job_spec
           from generate_series(0, $1::int - 1) n))`,
        [EVENTS],
      ),
    );
    await utils.release();
    const { write, end } = effectWriter(world);
    const begin = performance.now();
    const pgPool = new pg.Pool({ connectionString, max: CONCURRENCY + 2 });
    pgPool.on("error", () => {});
    const runner = await run({
      pgPool,
      concurrency: CONCURRENCY,
      noHandleSignals: true,
      logger: new Logger(() => () => {}),
      taskList: { effect: (payload) => write((payload as { number: number }).number) },
      preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    const took = await effectsReach(world, "reader", EVENTS, begin);
    await runner.stop();
    await pgPool.end();
    await end();
    return (EVENTS / took) * 1_000;
  });
