import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL("../../", import.meta.url));

/** An earlier commit of this repository, installed. */
export type Checkout = { readonly root: string; remove(): Promise<void> };

/** Checks a commit out beside this one, and installs what it needs. */
export async function checkOut(commit: string): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), "flotilla-base-"));
  await run("git", ["worktree", "add", "--detach", "--force", root, commit], { cwd: here });
  await run("npm", ["ci"], { cwd: root });
  return {
    root,
    async remove() {
      await run("git", ["worktree", "remove", "--force", root], { cwd: here });
      await rm(root, { recursive: true, force: true });
    },
  };
}
