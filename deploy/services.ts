import { callersOf, servicesOf, type Topology } from "@flotilla/chassis/topology";

/** A service, as it is deployed. */
export type DeployedService = {
  readonly name: string;
  /** Whether it is the one that people reach. It has no database and does not use the broker; all others do both. */
  readonly edge: boolean;
  /** Whether it knows the people, and makes the administrator's account. */
  readonly identity: boolean;
  /** Whom it calls, and who calls it. */
  readonly calls: readonly string[];
  readonly callers: readonly string[];
  /** Which of its settings are in files of its folder of secrets, by the files' names. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** The services of a topology in alphabetical order, each with what follows from who calls whom. */
export function deployedServices(topology: Topology): DeployedService[] {
  const services = servicesOf(topology).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = services.map(({ name }) => name);
  return services.map(({ name, edge = false }) => ({
    name,
    edge,
    identity: topology.identity === name,
    calls: names.filter((other) => callersOf(topology, other).includes(name)),
    callers: callersOf(topology, name).toSorted(),
    secrets: {
      ...(edge ? { REDIS_URL: "redis-url" } : { DATABASE_URL: "database-url", BROKER_URL: "broker-url" }),
      ...(topology.identity === name ? { ADMIN_PASSWORD: "admin-password" } : {}),
    },
  }));
}

/** The one that people reach, and all others. */
export function edgeAndInner(services: readonly DeployedService[]): {
  edge: DeployedService;
  inner: DeployedService[];
} {
  const [edge, another] = services.filter((service) => service.edge);
  if (!edge || another) throw new Error("a system is deployed with one service at its edge");
  return { edge, inner: services.filter((service) => service !== edge) };
}

/** The database of a service, and the role that owns it. */
export const databaseOf = (service: string): string => `flotilla_${service}`;
