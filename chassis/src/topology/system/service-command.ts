import { fileURLToPath } from "node:url";
import type { Topology } from "../topology.ts";
import { moduleOf } from "./load-definitions.ts";

const runService = fileURLToPath(new URL("./run-service.ts", import.meta.url));

/** What Node.js runs for a process of a service of the list, and with what arguments. */
export const commandOf = (topology: Topology, service: string): string[] => [
  runService,
  fileURLToPath(topology.at),
  service,
];

/** The modules that processes of the list's services load. */
export const modulesOf = (topology: Topology): URL[] => [
  topology.at,
  ...topology.services.map((name) => moduleOf(topology, name)),
];
