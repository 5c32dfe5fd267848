/** A service, as the supervisor needs to know it. */
export type TopologyService = {
  readonly name: string;
  /** The file that starts one process of it. */
  readonly main: URL;
  /** How many processes of it run unless somebody asks for more. Default 1. */
  readonly replicas?: number;
  /** It listens where clients find it: at a given address, which its processes share. */
  readonly edge?: boolean;
  /** The services whose contracts it calls. */
  readonly calls?: readonly string[];
  /** The types of event that it publishes: where it has a role of its own in the broker, it can publish no others. */
  readonly publishes?: readonly string[];
};

/** Who runs. A stop begins with the first tier: a service's callers are in its own tier or before. */
export type Topology = {
  readonly tiers: readonly (readonly TopologyService[])[];
  /** The service that knows the people: all others ask it by whose keys their tokens are signed. */
  readonly identity?: string;
};

/**
 * Writes a topology down. Throws when two services have one name, or one that could not name a database, and when a service is named
 * that is not there.
 */
export function defineTopology(topology: Topology): Topology {
  const seen = new Set<string>();
  for (const { name } of servicesOf(topology)) {
    if (!/^[a-z][a-z0-9_]{0,30}$/.test(name)) throw new Error(`${name} can't be the name of a service`);
    if (seen.has(name)) throw new Error(`there are two services named ${name}`);
    seen.add(name);
  }
  const named = [topology.identity ?? [], ...servicesOf(topology).map(({ calls = [] }) => calls)].flat();
  for (const name of named) if (!seen.has(name)) throw new Error(`there is no service named ${name}`);
  return topology;
}

/** All services, first tier first. */
export const servicesOf = (topology: Topology): TopologyService[] => topology.tiers.flat();

/** The services that call the one named, by its contract or for the keys of people; in the topology's order. */
export const callersOf = (topology: Topology, name: string): string[] =>
  servicesOf(topology)
    .filter((service) => service.calls?.includes(name) || (topology.identity === name && service.name !== name))
    .map((service) => service.name);

/**
 * Reads how many processes each service gets from `orders=2,inventory=2`; the others keep their default. Each fault is
 * told in one line.
 */
export function readReplicas(topology: Topology, text: string): { replicas: Map<string, number>; faults: string[] } {
  const services = servicesOf(topology);
  const replicas = new Map(services.map(({ name, replicas }) => [name, replicas ?? 1]));
  const faults: string[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const [, name = "", count = ""] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const service = services.find((candidate) => candidate.name === name.trim());
    const number = /^\d{1,3}$/.test(count.trim()) ? Number(count) : 0;
    if (!service)
      faults.push(`there is no service "${name.trim() || part}": ${services.map((each) => each.name).join(", ")}`);
    else if (number < 1 || number > 16) faults.push(`${service.name} must be a number from 1 to 16`);
    else if (service.edge && number > 1 && process.platform === "win32")
      faults.push(`${service.name} can only run once here: processes can't share a port on Windows`);
    else replicas.set(service.name, number);
  }
  return { replicas, faults };
}
