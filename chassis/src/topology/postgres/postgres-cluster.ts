import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type PostgresBinaries, postgresBinaries } from "./postgres-binaries.ts";
import { type ServerAccount, serverAccount } from "./server-account.ts";

/** A complete database cluster on disk, and what it takes to run it. */
export type PostgresCluster = {
  /** The folder of the cluster itself. */
  readonly folder: string;
  /** What the server says goes here. */
  readonly logFile: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount;
};

/** Finds the cluster in `dataFolder`, or makes one. One that was not finished is made anew: only a complete one gets its name. */
export async function openCluster(dataFolder: string, log: (line: string) => void): Promise<PostgresCluster> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const place = await realpath(dataFolder);
  const binaries = await postgresBinaries();
  const account = await serverAccount(place, [place, binaries.postgres]);
  await account.give(place);
  const folder = join(place, "cluster");
  const passwordFile = join(place, "password");
  const complete = await stat(folder).catch(() => undefined);
  if (!complete) {
    log("creating the database cluster");
    await createCluster({ folder, passwordFile, binaries, account });
  }
  const password = (await readFile(passwordFile, "utf8")).trim();
  return { folder, logFile: join(place, "server.log"), password, binaries, account };
}

type NewCluster = Pick<PostgresCluster, "folder" | "binaries" | "account"> & { passwordFile: string };

async function createCluster({ folder, passwordFile, binaries, account }: NewCluster): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  await account.give(passwordFile);
  const { program, args, ...ids } = account.command(binaries.initdb, [
    ...["-D", unfinished, "--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"],
    ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    "--no-instructions",
  ]);
  await initialise(program, args, ids);
  await rename(unfinished, folder);
}

/**
 * Runs initdb, which looks its user up among the accounts. For one that is not there (as in containers that run as any user id) it runs as one that is,
 * in a user namespace that maps the two.
 */
async function initialise(program: string, args: readonly string[], ids: object): Promise<void> {
  const options = { ...ids, cwd: "/", env: serverEnvironment() };
  const run = promisify(execFile);
  try {
    await run(program, args, options);
  } catch (error) {
    if (!(error as Error).message.includes("could not look up effective user ID")) throw error;
    const mapped = ["--user", "--map-user=65534", "--map-group=65534", program, ...args];
    await run("unshare", mapped, options).catch((cause: unknown) => {
      throw new Error(
        `PostgreSQL needs an account, and user id ${process.getuid?.()} has none: add it to /etc/passwd, start as another user, or set DATABASE_URL`,
        { cause },
      );
    });
  }
}

/** Nothing of our own environment: PGDATA, PGPORT and the like would change what the server does. */
export const serverEnvironment = () => ({
  PATH: process.env["PATH"] ?? "",
  LC_ALL: "C",
  SystemRoot: process.env["SystemRoot"],
});
