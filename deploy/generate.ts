import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { generatedFiles, root } from "./generated-files.ts";

/* Writes every file that follows from shop/topology.ts: npm run tool -- deploy-files */
for (const [path, content] of await generatedFiles()) {
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, content);
  console.log(path);
}
