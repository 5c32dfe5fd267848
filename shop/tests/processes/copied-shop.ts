import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../../chassis/src/testing/postgres.ts";

/** A copy of this repository's sources, whose files may be changed. */
export type CopiedShop = {
  /** The file that `npm run dev` runs. */
  readonly devFile: string;
  path(file: string): string;
  read(file: string): Promise<string>;
  /** Saves a file as `change` of what it holds. */
  edit(file: string, change: (text: string) => string): Promise<void>;
};

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Copies the shop and the chassis. What is installed is used from where it is; what is ours is the copy's. */
export async function copyShop(t: Cleanup): Promise<CopiedShop> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "flotilla-copy-")));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  for (const name of ["chassis", "shop", "package.json", "tsconfig.json"])
    await cp(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith("node_modules"),
    });
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@flotilla"), { recursive: true });
  for (const name of await readdir(join(root, "node_modules")))
    if (name !== "@flotilla" && name !== ".cache") await symlink(join(root, "node_modules", name), join(modules, name));
  for (const name of await readdir(join(root, "node_modules/@flotilla"))) {
    const original = await realpath(join(root, "node_modules/@flotilla", name));
    await symlink(join(folder, original.slice(root.length)), join(modules, "@flotilla", name));
  }
  const path = (file: string) => join(folder, file);
  const read = (file: string) => readFile(path(file), "utf8");
  return {
    path,
    read,
    devFile: path("shop/commands/dev/dev.ts"),
    edit: async (file, change) => writeFile(path(file), change(await read(file))),
  };
}
