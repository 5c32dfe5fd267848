import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { boundLog } from "../processes/process-log.ts";
import type { Progress } from "../progress.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres.ts";

/** An embedded PostgreSQL server that is kept running. */
export type DatabaseServer = {
  readonly url: string;
  stop(): Promise<void>;
};

const backoff: Backoff = { first: 200, most: 5_000 };

/** Starts an embedded PostgreSQL server; when it dies it is started again, at the same address. */
export async function keepDatabaseRunning(
  dataFolder: string,
  onProgress: (progress: Progress) => void,
  clock: Clock = systemClock,
): Promise<DatabaseServer> {
  const report = (state: Progress["state"], detail?: string) => onProgress({ subject: "database", state, detail });
  const start = (port?: number) => startEmbeddedPostgres({ dataFolder, port, log: (line) => report("starting", line) });
  const stopping = new AbortController();
  report("starting");
  let server = await start();
  report("ready", `127.0.0.1:${server.port}`);

  async function startAgain(port: number): Promise<EmbeddedPostgres | undefined> {
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      await clock.sleep(backoffDelay(backoff, attempt), stopping.signal).catch(() => {});
      if (stopping.signal.aborted) break;
      // It may take a while until all processes of the dead server have let go of its memory.
      const started = await start(port).catch((error: Error) => report("ended", error.message));
      if (started) return started;
    }
    return undefined;
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      const isOver = await server.ended(500);
      boundLog(server.logFile);
      if (!isOver || stopping.signal.aborted) continue;
      report("ended", "the server died, it starts again");
      const again = await startAgain(server.port);
      if (!again) return;
      server = again;
      report("ready", `127.0.0.1:${server.port}`);
    }
  }

  const watching = watch();
  return {
    url: server.url,
    async stop() {
      stopping.abort();
      await watching;
      await server.stop();
    },
  };
}
