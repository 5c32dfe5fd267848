/** Who runs: the one list of a system's services. What each is, it says in its own `service.ts`. */
export type Topology = {
  /** The file of the list. */
  readonly at: URL;
  /**
   * Their names, each that of a folder beside the list; `service.ts` there, or in its `src`, exports `service`. The contract of one may be in
   * `contracts/NAME.ts` beside the list, for others to import; else it is in `service.ts`.
   */
  readonly services: readonly string[];
  /** The one of them that people reach: a gateway. It listens at a given address, which its processes share. */
  readonly edge?: string;
  /** The one of them that knows the people: all others ask it by whose keys their tokens are signed. */
  readonly identity?: string;
};

/** Writes a list of services down, in the file whose `import.meta.url` is given. Throws, in one line, for what can't be a list. */
export function defineTopology(at: string, topology: Omit<Topology, "at">): Topology {
  const { services, edge, identity } = topology;
  for (const [index, name] of services.entries()) {
    if (!/^[a-z][a-z0-9_]{0,30}$/.test(name)) {
      throw new Error(`${name} can't be the name of a service: use up to 31 of a-z, 0-9 and _, a letter first`);
    }
    if (services.indexOf(name) !== index) throw new Error(`there are two services named ${name}: rename one`);
  }
  for (const [role, name] of Object.entries({ edge, identity })) {
    if (name !== undefined && !services.includes(name)) {
      throw new Error(`there is no service named ${name}, which is said to be the ${role}: add it to the list`);
    }
  }
  return { at: new URL(at), ...topology };
}

/**
 * Reads how many processes each service gets from `orders=2,inventory=2`; the others get one. Each fault is told in one line.
 */
export function readReplicas(
  { services, edge }: Pick<Topology, "services" | "edge">,
  text: string,
): { replicas: Map<string, number>; faults: string[] } {
  const replicas = new Map(services.map((name) => [name, 1]));
  const faults: string[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const [, given = "", count = ""] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const name = given.trim();
    const number = /^\d{1,3}$/.test(count.trim()) ? Number(count) : 0;
    if (!replicas.has(name)) faults.push(`there is no service "${name || part}": ${services.join(", ")}`);
    else if (number < 1 || number > 16) faults.push(`${name} must be a number from 1 to 16`);
    else if (name === edge && number > 1 && process.platform === "win32")
      faults.push(`${name} can only run once here: processes can't share a port on Windows`);
    else replicas.set(name, number);
  }
  return { replicas, faults };
}
