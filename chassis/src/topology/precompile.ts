import { enableCompileCache } from "node:module";

/*
 * Run as a process of its own by `warmCompileCache`: what the services load whose main files are given is compiled by loading it, and
 * written to the cache in the folder that is given when the process ends.
 */
const [folder, ...mains] = process.argv.slice(2);
enableCompileCache(folder);
// As in the services right after the cache is there: it changes a flag of V8, and what was compiled with other flags is good for nothing.
await import("./trim-memory.ts");
await Promise.all([import("../service/process.ts"), import("../service/host.ts")]);
await Promise.allSettled(mains.map((main) => import(main)));
process.exit(0);
