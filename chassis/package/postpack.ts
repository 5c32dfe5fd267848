import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { folder, manifestFile, sourceManifestFile } from "./manifest-files.ts";

/* Runs after `npm pack` and `npm publish`: the repository's package.json comes back, and what was compiled goes. */
if (existsSync(sourceManifestFile)) renameSync(sourceManifestFile, manifestFile);
rmSync(join(folder, "dist"), { recursive: true, force: true });
