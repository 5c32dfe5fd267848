import { join, resolve } from "node:path";
import { shop } from "../../topology.ts";
import { logFilter } from "./log-filter.ts";
import { logFiles, readLogs } from "./read-logs.ts";
import { showLine } from "./show-line.ts";

/* `npm run logs -- [WORD …]`: the logs of all services in one order of time. A reader that goes away (`| head`) ends it. */
process.stdout.on("error", () => process.exit(0));
try {
  const folder = join(resolve(process.env["DATA_DIR"] || ".data"), "logs");
  const words = process.argv.slice(2);
  const services = [...logFiles(folder), ...shop.services.map((service) => ({ service }))];
  const lines = readLogs(folder, logFilter(words, new Set(services.map(({ service }) => service))));
  process.stdout.write(lines.map((line) => `${showLine(line)}\n`).join(""));
  if (lines.length === 0) {
    console.error(`no line has ${words.join(" and ")}: a word is a service, a level, or an id`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
