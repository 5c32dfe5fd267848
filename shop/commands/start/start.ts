import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";

/*
 * `npm start`. Whatever is imported after the cache was opened is compiled only once, so the shop itself comes last. A data folder
 * that can't be written makes the start slower here, and is reported there.
 */
const dataFolder = process.env["DATA_DIR"] || ".data";
try {
  makeFolder(dataFolder);
  enableCompileCache(join(dataFolder, "compile-cache"));
} catch {}
await import("./start-shop.ts");
