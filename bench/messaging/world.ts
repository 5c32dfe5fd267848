import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../chassis/src/topology/postgres/embedded-postgres.ts";

/** A PostgreSQL server that keeps what it commits, with a database for each name, and an end. */
export type World = {
  url(database: string): string;
  query(database: string, text: string, values?: unknown[]): Promise<pg.QueryResult>;
  close(): Promise<void>;
};

/** Starts a server of its own with these databases. */
export async function openWorld(databases: readonly string[]): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const server = await startEmbeddedPostgres({ dataFolder: folder });
  const url = (name: string) => Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  for (const name of databases) await admin.query(`create database ${name}`);
  await admin.end();
  const pools = new Map(databases.map((name) => [name, new pg.Pool({ connectionString: url(name), max: 2 })]));
  for (const pool of pools.values()) pool.on("error", () => {});
  return {
    url,
    query: (database, text, values) => (pools.get(database) as pg.Pool).query(text, values),
    async close() {
      for (const pool of pools.values()) await pool.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A part of a benchmark in a process of its own; `send` tells it something, `ask` waits for its next word. */
export type Part = {
  send(word: unknown): void;
  next(): Promise<Record<string, number>>;
  pid: number;
  end(): Promise<void>;
};

/** Starts `file` with settings; resolves when it says that it is ready. */
export async function startPart(file: string, settings: Record<string, string>): Promise<Part> {
  const child: ChildProcess = fork(new URL(file, import.meta.url), [], { env: { ...process.env, ...settings } });
  const next = async () => (await once(child, "message"))[0] as Record<string, number>;
  await next();
  return {
    send: (word) => void child.send(word as object),
    next,
    pid: child.pid as number,
    async end() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Waits until so many rows of effect are committed; resolves with the milliseconds since `begin`. */
export async function effectsReach(world: World, database: string, count: number, begin: number): Promise<number> {
  for (;;) {
    const { rows } = await world.query(database, "select count(*)::int as n from effect");
    if (rows[0].n >= count) return performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
