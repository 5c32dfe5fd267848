import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { type Running, startSystem } from "../../../chassis/src/commands/start/start-system.ts";
import type { Environment } from "../../../chassis/src/core/configuration/config.ts";
import { shop } from "../../topology.ts";
import { followLogs } from "../logs/follow-logs.ts";
import { logFilter } from "../logs/log-filter.ts";
import { isInside, showLine } from "../logs/show-line.ts";
import { shopStart } from "../start/shop-start.ts";
import { devArguments } from "./dev-arguments.ts";
import { graphReader } from "./module-graph.ts";
import { startReload } from "./reload.ts";
import { entriesOf, serviceGraphs } from "./service-graphs.ts";
import { typeCheck } from "./type-check.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs the shop until Ctrl-C: shows the logs of all services, and restarts those that a saved file is part of. Ends this process. */
export async function developShop(given: readonly string[], environment: Environment): Promise<void> {
  const since = Date.now();
  const { words, inspect, faults } = devArguments(given, shop.services);
  if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exit(1);
  }
  const say = (text: string) => console.log(`${styleText("bold", "dev")}  ${text}`);
  await startSystem({
    title: "shop",
    topology: shop,
    environment,
    own: shopStart,
    inspect,
    onReady: ({ dataFolder, replace }: Running) => {
      const checkTypes = typeCheck(root, entriesOf(shop), join(dataFolder, "dev"));
      const reader = graphReader();
      const readGraphs = (saved: readonly string[]) => {
        for (const path of saved) reader.forget(path);
        return serviceGraphs(shop, reader);
      };
      const stopReload = startReload({ readGraphs, since, checkTypes, replace, say });
      const stopLogs = showLogs(join(dataFolder, "logs"), words, shop.services);
      for (const [name, port] of inspect)
        say(`${name} takes a debugger at 127.0.0.1:${port}, as chrome://inspect and editors do`);
      say("save a file, and the services that it is part of restart");
      return () => {
        stopReload();
        stopLogs();
      };
    },
  });
}

/** Shows a line for each request; what goes on inside only of the services that were asked for. */
function showLogs(folder: string, words: readonly string[], services: readonly string[]): () => void {
  const isWanted = logFilter(words, new Set(services));
  const asked = words.some((word) => services.includes(word));
  return followLogs(folder, (line) => {
    if (isWanted(line) && (asked || !isInside(line))) console.log(showLine(line, true));
  });
}
