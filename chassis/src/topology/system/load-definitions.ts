import { existsSync, globSync } from "node:fs";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contract } from "../../contract/contract.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import type { Topology } from "../topology.ts";
import { type AnyService, type Definition, isGateway, nameOf } from "./system.ts";

/** The file of a service. Throws a ConfigurationError when there is none. */
export function moduleOf({ at }: Topology, name: string): URL {
  const extension = extname(at.pathname);
  const paths = [`./${name}/service${extension}`, `./${name}/src/service${extension}`];
  const module = paths.map((path) => new URL(path, at)).find((url) => existsSync(url));
  if (module) return module;
  throw fault(
    `${listIn(at)} names ${name}, but neither ${paths.join(" nor ")} is there: write it, or take the name off`,
  );
}

/** What a service of the list says of itself. Throws a ConfigurationError, in one line, when it says nothing, or calls itself otherwise. */
export async function loadDefinition(topology: Topology, name: string): Promise<Definition> {
  const module = moduleOf(topology, name);
  const { service: definition } = (await import(module.href)) as { service?: Definition };
  const file = shown(topology, module);
  if (!isDefinition(definition)) {
    throw fault(`${file} exports no \`service\`: write export const service = defineService(contract, { … })`);
  }
  const own = nameOf(definition);
  if (own === name) return definition;
  if (topology.services.includes(own))
    throw fault(`there are two services named ${own}: ${file} is ${name} in the list`);
  throw fault(`${file} is named ${own} in its contract and ${name} in ${listIn(topology.at)}: give it one name`);
}

/** The contract of a service of the list, without the rest of it where the contract has a file of its own. */
export async function loadContract(topology: Topology, name: string): Promise<Contract> {
  const file = new URL(`./contracts/${name}${extname(topology.at.pathname)}`, topology.at);
  if (existsSync(file)) {
    const contract = (await contractsIn(file)).find(({ service }) => service === name);
    if (contract) return contract;
  }
  const definition = await loadDefinition(topology, name);
  if (isGateway(definition)) throw fault(`${name} is a gateway, and has no contract`);
  return (definition as AnyService).contract;
}

/** The contracts of all services of the list. */
export const loadContracts = (topology: Topology): Promise<Contract[]> =>
  Promise.all(topology.services.filter((name) => name !== topology.edge).map((name) => loadContract(topology, name)));

/** The contracts in files beside the list, whoever's they are, with their files. */
export async function contractFiles({ at }: Topology): Promise<{ file: string; contract: Contract }[]> {
  const folder = new URL("./contracts/", at);
  const files = globSync(`*${extname(at.pathname)}`, { cwd: fileURLToPath(folder) }).filter(
    (file) => !/\.(test|d)\.[jt]s$/.test(file),
  );
  const found = await Promise.all(
    files.map(async (file) =>
      (await contractsIn(new URL(file, folder))).map((contract) => ({ file: `contracts/${file}`, contract })),
    ),
  );
  return found.flat();
}

async function contractsIn(file: URL): Promise<Contract[]> {
  const exported = Object.values((await import(file.href)) as Record<string, unknown>);
  return exported.filter(isContract);
}

const isContract = (value: unknown): value is Contract =>
  typeof value === "object" && value !== null && "service" in value && "calls" in value && "events" in value;

const isDefinition = (value: unknown): value is Definition =>
  typeof value === "object" && value !== null && ("gateway" in value || ("contract" in value && "wire" in value));

const listIn = (at: URL): string => basename(at.pathname);

/** A file as it is seen from the list. */
const shown = ({ at }: Topology, module: URL): string => module.pathname.slice(new URL("./", at).pathname.length);

const fault = (line: string): ConfigurationError => new ConfigurationError([line]);
