import { execFile, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Cleanup, eventually, temporaryFolder } from "@flotilla/chassis/testing";
import { freePort } from "../../chassis/src/topology/network/free-port.ts";
import { readPostmaster, stopPostmaster } from "../../chassis/src/topology/postgres/postmaster.ts";
import { serverAccount } from "../../chassis/src/topology/postgres/server-account.ts";

/** The programs of a PostgreSQL that is installed here, as Debian places them: only those of the server's own version can dump it. */
const programs = globSync("/usr/lib/postgresql/*/bin/postgres")
  .map((path) => dirname(path))
  .at(-1);

/** Why there is no such server here; false when there is. */
export const postgresMissing = programs ? false : "no PostgreSQL is installed (on Debian: apt-get install postgresql)";

/** A server and what belongs to it. */
export type InstalledPostgres = {
  readonly port: number;
  readonly password: string;
  /** Where `pg_dump`, `psql` and the like are. */
  readonly programs: string;
};

/** Starts an empty server of the installed PostgreSQL; it ends with the test. */
export async function installedPostgres(t: Cleanup): Promise<InstalledPostgres> {
  if (!programs) throw new Error(String(postgresMissing));
  const folder = await temporaryFolder(t);
  const cluster = join(folder, "cluster");
  const password = "a superuser's password";
  await writeFile(join(folder, "password"), password);
  const account = await serverAccount(folder, [folder, programs]);
  for (const path of [folder, join(folder, "password")]) await account.give(path);

  const initdb = account.command(join(programs, "initdb"), [
    ...["-D", cluster, "--username=postgres", `--pwfile=${join(folder, "password")}`],
    ...["--auth=scram-sha-256", "--no-sync"],
  ]);
  await promisify(execFile)(initdb.program, initdb.args, { ...initdb, cwd: "/" });
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const { program, args, ...ids } = account.command(join(programs, "postgres"), [
    ...["-D", cluster],
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  const server = spawn(program, args, { ...ids, cwd: "/", stdio: "ignore" });
  t.after(() => (server.pid && server.exitCode === null ? stopPostmaster(server.pid) : undefined));
  await eventually(async () => (await readPostmaster(cluster))?.status === "ready");
  return { port, password, programs };
}
