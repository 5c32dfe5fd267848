import "../service/host.ts";
import "../service/process.ts";

/*
 * Run as a process of its own by `warmCompileCache`: what every service loads is compiled by loading it, and written to the cache
 * when the process ends.
 */
process.exit(0);
