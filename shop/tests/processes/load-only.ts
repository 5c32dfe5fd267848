/* Loads the modules that are given, and what every service is made of, and ends. */
await Promise.all([
  import("../../../chassis/src/service/process.ts"),
  import("../../../chassis/src/service/host.ts"),
  ...process.argv.slice(2).map((module) => import(module)),
]);
