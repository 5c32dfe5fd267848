import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { mayBegin, runProcess } from "../../service/host/process.ts";
import type { Topology } from "../topology.ts";
import { loadContracts, loadDefinition } from "./load-definitions.ts";
import { isGateway } from "./system.ts";

/*
 * Runs a service of a list as this process: `node run-service.ts LIST [NAME]`, where LIST is the file that exports the topology; without NAME it is
 * the SERVICE of the environment. What follows is shown in lists of processes. Only what the service needs is loaded.
 */
const [list = "", name = process.env["SERVICE"] ?? ""] = process.argv.slice(2);
await runProcess(async (surroundings) => {
  const topology = await readList(list);
  const definition = await loadDefinition(topology, name);
  if (isGateway(definition)) {
    const { startGateway } = await import("../../gateway/host/start-gateway.ts");
    const contracts = await loadContracts(topology);
    await mayBegin();
    return startGateway({ ...definition, contracts }, surroundings);
  }
  const { startService } = await import("../../service/host/host.ts");
  await mayBegin();
  return startService(definition, surroundings);
});

/** The topology that a file exports, under whatever name. */
async function readList(file: string): Promise<Topology> {
  const exported = Object.values((await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>);
  const topology = exported.find((each) => typeof each === "object" && each !== null && "at" in each);
  if (!topology) throw new Error(`${file} exports no topology`);
  return topology as Topology;
}
