import { access, constants, realpath } from "node:fs/promises";
import { createServer } from "node:net";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { withPackage } from "../../core/configuration/optional-package.ts";
import { missingPeer } from "../../core/configuration/optional-peer.ts";
import { serverFault } from "../../topology/postgres/server-check.ts";
import { makeFolder } from "./make-folder.ts";
import type { StartSettings } from "./start-settings.ts";

/** Makes the data folder. What is wrong with it, in one line; undefined when it can be written. */
export async function dataFolderFault(folder: string): Promise<string | undefined> {
  try {
    makeFolder(folder);
    await access(await realpath(folder), constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `DATA_DIR ${folder} can't be written (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Whether the gateway could listen there; what is wrong in one line. */
export function listenFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(describe(error.code ?? error.message, host, port)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function describe(code: string, host: string, port: number): string {
  if (code === "EADDRINUSE") return `PORT ${port} is in use on ${host}: end what listens there, or set another PORT`;
  if (code === "EACCES") return `PORT ${port} needs more rights than we have (EACCES): set one above 1023`;
  return `HOST ${host} is no address to listen on here (${code})`;
}

/** Whether the registry that was set answers; what is wrong in one line. */
export async function discoveryServerFault(url: string | undefined): Promise<string | undefined> {
  if (!url?.startsWith("consul://")) return undefined;
  const { consulFault } = await import("../../discovery/consul/consul-check.ts");
  const fault = await consulFault(url);
  return fault && `DISCOVERY_URL: ${fault}`;
}

/** Whether the packages that the settings ask for are installed; one line for each that is not. */
export function peerFaults({ BROKER_URL, REDIS_URL }: StartSettings): string[] {
  const rabbitmq = BROKER_URL && isRabbitmq(BROKER_URL) ? missingPeer("amqplib", "BROKER_URL") : undefined;
  const redis = REDIS_URL ? missingPeer("ioredis", "REDIS_URL") : undefined;
  return [rabbitmq, redis].filter((fault) => fault !== undefined);
}

const isRabbitmq = (url: string): boolean => /^amqps?:/i.test(url);

/** Whether the servers that were set can be used: PostgreSQL, or for a broker RabbitMQ. One line for each that can't. */
export async function serverFaults(urls: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const checked = Object.entries(urls).map(async ([name, url]) => {
    const fault = url && (await (isRabbitmq(url) ? brokerFault(url) : serverFault(url)));
    return fault ? [`${name}: ${fault}`] : [];
  });
  return (await Promise.all(checked)).flat();
}

/** Loaded only when it is asked for, as the broker itself is. */
async function brokerFault(url: string): Promise<string | undefined> {
  try {
    const load = () => import("../../messaging/brokers/rabbitmq/rabbitmq-check.ts");
    const { rabbitmqFault } = await withPackage("amqplib", "BROKER_URL", load);
    return await rabbitmqFault(url);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}
