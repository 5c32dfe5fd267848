import { appendFileSync, copyFileSync, readFileSync, statSync, truncateSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Bytes that a log may have; what was there before is kept once, as `NAME.log.1`. */
const LARGEST = 10_000_000;

/** Opens the log of a process, to add to it. */
export const openProcessLog = (path: string): Promise<FileHandle> => open(path, "a", 0o600);

/**
 * Puts what a log larger than 10 MB holds aside, in place of what was put aside before, and empties it. Whoever has it open to add to it goes
 * on at its beginning. What is written between the last look and the emptying, microseconds, is lost. Never throws.
 */
export function boundLog(path: string): void {
  try {
    if (statSync(path).size <= LARGEST) return;
    copyFileSync(path, `${path}.1`);
    const copied = statSync(`${path}.1`).size;
    const since = readFileSync(path).subarray(copied);
    appendFileSync(`${path}.1`, since);
    truncateSync(path, 0);
  } catch {
    // There is no log yet, or no room to put it aside: the next look comes soon.
  }
}

/**
 * Why a process ended, by its log from the offset `since`: the last lines that it wrote as plain text, as errors that nothing caught are,
 * without the parts of the stack; else the last that it logged as warnings or worse.
 */
export async function lastWords(path: string, since: number, count: number): Promise<string[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const from = Math.max(since > size ? 0 : since, size - 16_000);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.max(1, size - from)), position: from });
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    const plain = lines.filter((line) => !/^\s*($|[{}^]|at |Node\.js v)/.test(line));
    return (plain.length > 0 ? plain : lines.flatMap(warning)).slice(-count);
  } finally {
    await file.close();
  }
}

function warning(line: string): string[] {
  try {
    const { level, msg, err } = JSON.parse(line);
    return /warn|error|fatal/.test(level) ? [[msg, err?.message].filter(Boolean).join(": ")] : [];
  } catch {
    return [];
  }
}
