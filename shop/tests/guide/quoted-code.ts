import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** Checks that all TypeScript in a page of docs/guide stands in `source`, to the letter. */
export async function assertQuoted(page: string, source: URL): Promise<void> {
  const guide = await readFile(new URL(`../../../docs/guide/${page}`, import.meta.url), "utf8");
  const code = await readFile(source, "utf8");
  const blocks = Array.from(guide.matchAll(/```ts\n([\s\S]*?)```/g), ([, block = ""]) => block);
  assert.ok(blocks.length >= 4, `${page} quotes only ${blocks.length} pieces of code`);
  for (const block of blocks) assert.ok(code.includes(block), `not in ${source.pathname}:\n${block}`);
}
