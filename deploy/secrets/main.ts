import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readVault } from "./read-vault.ts";
import { secretFiles } from "./secret-files.ts";
import { completeVault } from "./vault.ts";

/*
 * node main.ts FOLDER EDGE SERVICE… makes what is secret, once, and writes a folder of files for each who needs some of it. The vault holds
 * it all: what is in it stays as it is, so this may run at every start, and after services were added.
 */
const [folder, edge, ...inner] = process.argv.slice(2);
if (folder === undefined || edge === undefined || inner.length === 0) {
  console.error("use: node main.ts FOLDER EDGE SERVICE…");
  process.exit(2);
}
const vaultFile = join(folder, "vault", "vault.json");
const vault = completeVault(readVault(vaultFile), { edge, inner });
// A folder is a volume, given to one container alone: who is in it may read, whatever the account.
write("vault", "vault.json", `${JSON.stringify(vault, null, 2)}\n`, 0o600);
for (const [owner, files] of Object.entries(secretFiles(vault, { edge, inner }))) {
  for (const [name, content] of Object.entries(files)) write(owner, name, content, 0o444);
}
console.log(`the secrets of ${[edge, ...inner].join(", ")} are there`);

/** Readers see the old content or the new one. */
function write(owner: string, name: string, content: string, mode: number): void {
  const path = join(folder as string, owner, name);
  mkdirSync(join(folder as string, owner), { recursive: true });
  writeFileSync(`${path}.new`, content, { mode });
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
}
