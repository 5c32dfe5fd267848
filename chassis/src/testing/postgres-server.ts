import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../topology/embedded-postgres.ts";

/** Starts a server with nothing in it that forgets everything when it is stopped; for whoever runs many tests. */
export async function startTestServer(): Promise<EmbeddedPostgres> {
  const dataFolder = await mkdtemp(join(tmpdir(), "flotilla-test-"));
  const server = await startEmbeddedPostgres({ dataFolder, unsafeForTests: true });
  const endAtExit = () => {
    process.kill(server.pid, "SIGQUIT");
    rmSync(dataFolder, { recursive: true, force: true });
  };
  process.once("exit", endAtExit);
  const stop = async () => {
    process.off("exit", endAtExit);
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
  return { ...server, stop };
}
