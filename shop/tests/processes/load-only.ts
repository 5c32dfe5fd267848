/* Loads the modules that are given, and what every service is made of, and ends. */
await Promise.all([
  import("@flotilla/chassis/service/process"),
  import("@flotilla/chassis/service/host"),
  ...process.argv.slice(2).map((module) => import(module)),
]);
