import { enableCompileCache } from "node:module";

/*
 * Run as a process of its own by `warmCompileCache`: what every service loads is compiled by loading it, and written to the cache
 * in the folder that is given when the process ends.
 */
enableCompileCache(process.argv[2]);
await Promise.all([import("../service/process.ts"), import("../service/host.ts")]);
process.exit(0);
