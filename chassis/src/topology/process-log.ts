import { type FileHandle, open, rename, stat } from "node:fs/promises";

const LARGEST = 20_000_000;

/** Opens the log of a process to add to it; one larger than 20 MB is put aside first, in place of the one put aside before. */
export async function openProcessLog(path: string): Promise<FileHandle> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > LARGEST) await rename(path, `${path}.1`);
  return open(path, "a", 0o600);
}

/** The last lines of a log that say something, for whoever has to tell why a process ended: where in the code is left out. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 8_000);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    const lines = buffer.toString("utf8").split("\n");
    return lines.filter((line) => !/^\s*($|[{}]|at |Node\.js v)/.test(line) || line.startsWith('{"')).slice(-count);
  } finally {
    await file.close();
  }
}
