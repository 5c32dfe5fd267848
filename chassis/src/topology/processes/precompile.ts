import { enableCompileCache } from "node:module";

/*
 * Run as a process of its own by `warmCompileCache`: the modules that are given, and what runs services, are compiled by loading them, and
 * written to the cache in the folder that is given when the process ends.
 */
const [folder, ...modules] = process.argv.slice(2);
enableCompileCache(folder);
// As in the services right after the cache is there: it changes a flag of V8, and what was compiled with other flags is good for nothing.
await import("./trim-memory.ts");
await Promise.all([
  import("../../service/host/process.ts"),
  import("../../service/host/host.ts"),
  import("../../gateway/host/start-gateway.ts"),
  import("../system/load-definitions.ts"),
]);
await Promise.allSettled(modules.map((module) => import(module)));
process.exit(0);
