import { type Call, routeOf } from "../../contract/call.ts";
import type { Contract } from "../../contract/contract.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import type { Topology } from "../topology.ts";
import { contractFiles, loadDefinition } from "./load-definitions.ts";
import { type AnyService, type Definition, isGateway, type System, systemOf } from "./system.ts";

/**
 * Reads what the services of a list say of themselves, and what follows from it. Nothing of them is started. Throws one ConfigurationError with a
 * line for everything that does not fit together.
 */
export async function readSystem(
  topology: Topology,
): Promise<System & { readonly definitions: readonly Definition[] }> {
  const loaded = await Promise.allSettled(topology.services.map((name) => loadDefinition(topology, name)));
  const broken = loaded.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const unexpected = broken.find((reason) => !(reason instanceof ConfigurationError));
  if (unexpected) throw unexpected;
  if (broken.length > 0) throw new ConfigurationError(broken.flatMap(({ faults }: ConfigurationError) => faults));
  const definitions = loaded.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const system = systemOf(definitions, topology.identity);
  const faults = [
    ...edgeFaults(topology, system),
    ...(await contractFaults(topology)),
    ...eventFaults(system),
    ...callFaults(definitions.filter((each) => !isGateway(each)) as AnyService[]),
  ];
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { ...system, definitions };
}

function edgeFaults({ edge }: Topology, { services }: System): string[] {
  return services
    .filter((service) => service.edge !== (service.name === edge))
    .map(({ name, edge: isGateway }) =>
      isGateway
        ? `${name} is a gateway, and not the edge of the list: add edge: "${name}"`
        : `${name} is the edge of the list, and no gateway: write its service with defineGateway`,
    );
}

/** A contract that nobody answers, and one that is there twice. */
async function contractFaults(topology: Topology): Promise<string[]> {
  const found = await contractFiles(topology);
  return found
    .filter(({ contract }) => !topology.services.includes(contract.service))
    .map(
      ({ file, contract }) =>
        `${contract.service} has a contract (${file}) and no service: add it to the list, or delete the file`,
    );
}

/** An event that is waited for in vain, and one that two services publish. */
function eventFaults({ services }: System): string[] {
  const publishers = Map.groupBy(
    services.flatMap(({ name, publishes }) => publishes.map((type) => ({ type, name }))),
    ({ type }) => type,
  );
  const published = [...publishers].filter(([, each]) => each.length > 1);
  const consumed = services.flatMap(({ name, consumes }) => consumes.map((type) => ({ type, name })));
  return [
    ...published.map(
      ([type, each]) => `${type} is published by ${each.map(({ name }) => name).join(" and ")}: rename one`,
    ),
    ...consumed
      .filter(({ type }) => !publishers.has(type))
      .map(
        ({ type, name }) =>
          `${name} consumes ${type}, which no service publishes: add it to a contract, or take it out of \`consumes\``,
      ),
  ];
}

/** A call that nobody answers. */
function callFaults(services: readonly AnyService[]): string[] {
  const contracts = new Map(services.map(({ contract }) => [contract.service as string, contract as Contract]));
  return services.flatMap(({ contract: { service: name }, calls }) =>
    Object.entries<Record<string, Call>>(calls).flatMap(([called, made]) => {
      const contract = contracts.get(called);
      if (!contract) return [`${name} calls ${called}, which is not in the list: add it, or take it out of \`calls\``];
      const answered = new Set(Object.values(contract.calls).map(routeOf));
      return Object.values(made)
        .filter((call) => !answered.has(routeOf(call)))
        .map(
          (call) =>
            `${name} calls ${routeOf(call)} of ${called}, which its contract does not have: take it out of \`calls\``,
        );
    }),
  );
}
