import { callersOf, type System } from "../chassis/src/topology/system/system.ts";

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
  /** Which of its settings follow from the system. */
  readonly settings: Readonly<Record<string, string>>;
  /** Which of its settings are in files of its folder of secrets, by the files' names. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** The services of a system in alphabetical order, each with what follows from who calls whom. */
export function deployedServices(system: System): DeployedService[] {
  const services = system.services.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = services.map(({ name }) => name);
  return services.map(({ name, edge, internalCallers }) => ({
    name,
    edge,
    identity: system.identity === name,
    calls: names.filter((other) => callersOf(system, other).includes(name)),
    callers: callersOf(system, name).toSorted(),
    settings: {
      ...(system.identity === undefined ? {} : { IDENTITY_SERVICE: system.identity }),
      ...(Object.keys(internalCallers).length > 0 ? { INTERNAL_CALLERS: JSON.stringify(internalCallers) } : {}),
    },
    secrets: {
      ...(edge ? { REDIS_URL: "redis-url" } : { DATABASE_URL: "database-url", BROKER_URL: "broker-url" }),
      ...(system.identity === name ? { ADMIN_PASSWORD: "admin-password" } : {}),
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
