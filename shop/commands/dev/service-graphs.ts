import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Topology } from "@flotilla/chassis/topology";
import { moduleOf } from "../../../chassis/src/topology/system/load-definitions.ts";
import type { GraphReader, ModuleGraph } from "./module-graph.ts";

const chassis = (file: string) => fileURLToPath(new URL(`../../../chassis/src/${file}`, import.meta.url));
const runService = chassis("topology/system/run-service.ts");

/** The files in which processes of the list's services begin. */
export const entriesOf = (topology: Topology): string[] => [
  runService,
  ...topology.services.map((name) => fileURLToPath(moduleOf(topology, name))),
];

/**
 * What a process of each service is made of: what runs services, the service's module with its migrations, and for the gateway all contracts. A
 * service has nothing of the gateway, nor that of a service, although one program starts both.
 */
export function serviceGraphs(topology: Topology, reader: GraphReader): Map<string, ModuleGraph> {
  const beside = fileURLToPath(new URL("./", topology.at));
  const contracts = globSync(`${beside}contracts/*.ts`, { exclude: (path) => path.endsWith(".test.ts") });
  return new Map(
    topology.services.map((name) => {
      const module = fileURLToPath(moduleOf(topology, name));
      const entries =
        name === topology.edge ? [runService, module, ...contracts] : [runService, module, migrationsOf(module)];
      const other = name === topology.edge ? chassis("service/host/host.ts") : chassis("gateway/host/start-gateway.ts");
      return [name, reader.read(entries, [other])];
    }),
  );
}

function migrationsOf(module: string): string {
  const folder = dirname(module);
  return join(basename(folder) === "src" ? dirname(folder) : folder, "migrations/");
}
