import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";

/** Writes JSON that only we may read. Readers see the old content or the new one, never a part. */
export const writePrivateJson = (path: string, content: unknown): Promise<void> =>
  writePrivateText(path, `${JSON.stringify(content, null, 2)}\n`);

/** Writes a text that only we may read. Readers see the old content or the new one, never a part. */
export async function writePrivateText(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

/** Reads JSON; undefined when there is no such file. Throws when it can't be read or is not JSON, and names it. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
