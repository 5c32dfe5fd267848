import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cleanup } from "./servers/postgres.ts";

/** Makes an empty folder that is removed after everything else of the test has been cleaned up. */
export async function temporaryFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-test-"));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  return folder;
}
