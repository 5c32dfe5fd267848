import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../topology/postgres/embedded-postgres.ts";

/** Starts a server with nothing in it that forgets everything when it is stopped; for whoever runs many tests. */
export async function startTestServer(): Promise<EmbeddedPostgres> {
  const dataFolder = await mkdtemp(join(await roomyFolder(), "flotilla-test-"));
  const server = await startEmbeddedPostgres({ dataFolder, unsafeForTests: true });
  const guard = endAfterUs(server.pid, dataFolder);
  const stop = async () => {
    guard.kill("SIGKILL");
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
  return { ...server, stop };
}

const ROOM = 4 * 2 ** 30;

/** A database is 300 files: making one takes a tenth of the time where files are kept in memory, if there is plenty of both. */
async function roomyFolder(): Promise<string> {
  const inMemory = "/dev/shm";
  const { bavail, bsize } = await statfs(inMemory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ROOM && freemem() >= ROOM ? inMemory : tmpdir();
}

/** Tests are killed now and then; what ends their server must outlive them. */
function endAfterUs(pid: number, dataFolder: string): ChildProcess {
  const script =
    'while kill -0 "$1"; do sleep 1; done; kill -QUIT "$2"; while kill -0 "$2"; do sleep 1; done; rm -rf "$3"';
  const args = ["-c", script, "sh", String(process.pid), String(pid), dataFolder];
  const guard = spawn("sh", args, { detached: true, stdio: "ignore" });
  guard.once("error", () => {});
  guard.unref();
  return guard;
}
