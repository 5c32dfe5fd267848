import { stat } from "node:fs/promises";
import type { Log } from "../../telemetry/log.ts";

/** The content of a file that may be replaced while we run. */
export type KeptFile<Content> = {
  /** What was in it when it could last be read. */
  current(): Content;
  /** Looks no more. */
  close(): void;
};

/** Milliseconds between looks. Files are replaced by renaming or by linking anew, which not every file system tells of. */
export const LOOK_EVERY = 5_000;

/**
 * Reads a file, and again within five seconds whenever it was replaced. Rejects when it can't be read at first; later what can't be read
 * is logged, and the last good content stays. `every`: milliseconds between looks; `onReplaced` is told of new content.
 */
export async function keepFile<Content>(
  path: string,
  read: (path: string) => Promise<Content>,
  { log, every = LOOK_EVERY, onReplaced }: { log: Log; every?: number; onReplaced?: () => void },
): Promise<KeptFile<Content>> {
  let seen = await identityOf(path);
  let current = await read(path);

  async function look(): Promise<void> {
    const found = await identityOf(path);
    if (found === seen) return;
    seen = found;
    try {
      current = await read(path);
      log.info({ path }, "a file of keys was replaced");
      onReplaced?.();
    } catch (error) {
      log.warn({ err: error, path }, "a file of keys can't be read; the last good one stays");
    }
  }

  const looking = setInterval(look, every);
  // Nobody stays for it: whoever has nothing else to do may end.
  looking.unref();
  return { current: () => current, close: () => clearInterval(looking) };
}

/** Another one when the file was replaced. */
const identityOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
    () => "absent",
  );
