import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the chassis. */
export const folder = fileURLToPath(new URL("..", import.meta.url));

export const manifestFile = join(folder, "package.json");

/** Where the repository's own `package.json` waits while npm packs. */
export const sourceManifestFile = join(folder, "package.json.source");
