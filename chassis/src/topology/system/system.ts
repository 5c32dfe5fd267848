import { type Call, routeOf } from "../../contract/call.ts";
import type { Contract } from "../../contract/contract.ts";
import type { GatewayDefinition } from "../../gateway/host/gateway-definition.ts";
import { ENDED_SESSIONS_PATH } from "../../identity/sessions/fetch-ended-sessions.ts";
import type { ServiceDefinition } from "../../service/definition.ts";
import { consumedEvent } from "../../service/host/assemble-subscriptions.ts";

// biome-ignore lint/suspicious/noExplicitAny: services of every contract and configuration are members of a system
export type AnyService = ServiceDefinition<any, any, any>;

/** What a member of a system is: a service, or the gateway. */
export type Definition = AnyService | GatewayDefinition;

export const isGateway = (definition: Definition): definition is GatewayDefinition => "gateway" in definition;

/** The name that a definition gives itself. */
export const nameOf = (definition: Definition): string =>
  isGateway(definition) ? definition.gateway : definition.contract.service;

/** A service of a system, with what follows from what all of them say. */
export type SystemService = {
  readonly name: string;
  /** Whether it is the one that people reach. It has no database and does not use the broker; all others do both. */
  readonly edge: boolean;
  /** The services that it calls. The edge calls all others. */
  readonly calls: readonly string[];
  /** The types of the events that it consumes, and of those that it may publish. */
  readonly consumes: readonly string[];
  readonly publishes: readonly string[];
  /** Who may make its internal calls: names of services by routes. */
  readonly internalCallers: Readonly<Record<string, readonly string[]>>;
};

/** Services, and what follows from what each says of itself. */
export type System = {
  /** The one that knows the people: all others ask it by whose keys their tokens are signed. */
  readonly identity?: string | undefined;
  readonly services: readonly SystemService[];
};

/** What follows from what services say of themselves. */
export function systemOf(definitions: readonly Definition[], identity?: string): System {
  const names = definitions.map(nameOf);
  return {
    identity,
    services: definitions.map((definition) => {
      const name = nameOf(definition);
      if (isGateway(definition)) return { ...nothing, name, edge: true, calls: names.filter((each) => each !== name) };
      const { contract, calls, consumes } = definition as AnyService;
      return {
        name,
        edge: false,
        calls: Object.keys(calls),
        consumes: consumes.map((each) => consumedEvent(each).type),
        publishes: Object.values((contract as Contract).events).map(({ type }) => type),
        internalCallers: internalCallersOf(contract, definitions, identity),
      };
    }),
  };
}

const nothing = { consumes: [], publishes: [], internalCallers: {} } as const;

/** Who declares to make an internal call may make it. Which sessions have ended, all want to know. */
function internalCallersOf(
  { service, calls }: Contract,
  definitions: readonly Definition[],
  identity: string | undefined,
): Record<string, string[]> {
  const internal = Object.values<Call>(calls).filter(({ shape }) => shape.access === "internal");
  const callers = internal.map((call) => {
    const route = routeOf(call);
    const isForAll = service === identity && route === `GET ${ENDED_SESSIONS_PATH}`;
    const declaring = definitions.filter(
      (each) => isForAll || (!isGateway(each) && callsIn(each, service).some((made) => routeOf(made) === route)),
    );
    return [route, declaring.map(nameOf)] as const;
  });
  return Object.fromEntries(callers);
}

const callsIn = ({ calls }: AnyService, service: string): Call[] => Object.values(calls[service] ?? {});

/** The services that call the one named, by its contract or for the keys of people; in the system's order. */
export const callersOf = ({ services, identity }: System, name: string): string[] =>
  services
    .filter((service) => service.calls.includes(name) || (identity === name && service.name !== name))
    .map((service) => service.name);

/**
 * The order of a stop: callers in a tier before those whom they call, so that nobody loses the service that it is asking. Services that call
 * each other in a ring are in one tier, with all that only they call.
 */
export function tiersOf({ services }: Pick<System, "services">): SystemService[][] {
  const tiers: SystemService[][] = [];
  let rest = [...services];
  while (rest.length > 0) {
    const free = rest.filter(({ name }) => !rest.some((other) => other.name !== name && other.calls.includes(name)));
    const tier = free.length > 0 ? free : rest;
    tiers.push(tier);
    rest = rest.filter((service) => !tier.includes(service));
  }
  return tiers;
}

/** What each service wants to hear of, by the types of events: what the broker keeps messages for. */
export function subscriptionsOf({ services }: Pick<System, "services">): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const { name, consumes } of services) {
    for (const type of consumes) consumers.set(type, [...(consumers.get(type) ?? []), name]);
  }
  return consumers;
}
