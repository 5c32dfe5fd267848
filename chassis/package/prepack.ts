import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { compile } from "./compile.ts";
import { folder, manifestFile, sourceManifestFile } from "./manifest-files.ts";
import { packedManifest } from "./packed-manifest.ts";

/* Runs before `npm pack` and `npm publish`: compiles, and puts the package's own package.json in place until `postpack`. */
if (existsSync(sourceManifestFile)) renameSync(sourceManifestFile, manifestFile);
compile(folder);
const text = readFileSync(manifestFile, "utf8");
const repository = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
writeFileSync(sourceManifestFile, text);
writeFileSync(manifestFile, `${JSON.stringify(packedManifest(JSON.parse(text), repository), null, 2)}\n`);
