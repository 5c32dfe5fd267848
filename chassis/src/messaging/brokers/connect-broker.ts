import type { Clock } from "../../core/clock.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { withPackage } from "../../core/configuration/optional-package.ts";
import { requirePeer } from "../../core/configuration/optional-peer.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Broker } from "./broker.ts";
import { memoryBroker } from "./memory/memory-broker.ts";
import { openedWhenUsed } from "./opened-when-used.ts";
import { postgresBroker } from "./postgres/postgres-broker.ts";

export type ConnectBrokerOptions = {
  /** What the broker shows as the name of the connection. */
  name: string;
  clock: Clock;
  log: Log;
};

type Driver = (url: string, options: ConnectBrokerOptions) => Promise<Broker>;

const postgres: Driver = async (url, options) => openedWhenUsed(() => postgresBroker({ url, ...options }));

/** Loaded only when it is asked for: its client is not there unless somebody installed it. */
const rabbitmq: Driver = async (url, options) => {
  requirePeer("amqplib", "BROKER_URL");
  const load = () => import("./rabbitmq/rabbitmq-broker.ts");
  const { rabbitmqBroker } = await withPackage("amqplib", "BROKER_URL", load);
  return rabbitmqBroker({ url, ...options });
};

/** The drivers, by the scheme of the broker's URL. */
const drivers: Readonly<Record<string, Driver>> = {
  "postgres:": postgres,
  "postgresql:": postgres,
  "amqp:": rabbitmq,
  "amqps:": rabbitmq,
  "memory:": async (_, { clock }) => memoryBroker({ clock }),
};

/**
 * Connects to the broker that the URL names, which need not be up yet: what can't be done without it throws `unavailable` until it is. Throws a
 * `ConfigurationError` when there is no driver for it.
 */
export async function connectBroker(url: string, options: ConnectBrokerOptions): Promise<Broker> {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase() ?? "";
  const driver = drivers[scheme];
  if (driver) return driver(url, options);
  const known = Object.keys(drivers).join(", ");
  throw new ConfigurationError([`BROKER_URL must begin with one of ${known}${scheme ? `, not ${scheme}` : ""}`]);
}
