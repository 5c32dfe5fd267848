import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { OwnInstance } from "../discovery.ts";
import { keepLooking } from "../keep-looking.ts";
import type { ConsulAgent } from "./consul-agent.ts";

/** Milliseconds between looks whether the agent still knows us: one that was started anew does not. */
const RENEWAL = 5_000;
const TIMEOUT = 1_000;
const ANY_ADDRESS = new Set(["0.0.0.0", "[::]"]);

type Surroundings = {
  readonly agent: ConsulAgent;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
};

/**
 * Registers an instance with a health check, and again whenever the agent has forgotten it. Resolves after the first try with what
 * deregisters it; that resolves once the agent has done so, or does not answer within a second. Consul itself forgets an instance that was
 * critical for a minute.
 */
export async function registerInstance(
  { agent, prefix, clock, log, random }: Surroundings,
  instance: OwnInstance,
): Promise<() => Promise<void>> {
  const registration = registrationOf(instance, prefix);
  const stopping = new AbortController();
  const { signal } = stopping;
  const tried = Promise.withResolvers<void>();

  async function look(): Promise<number> {
    const known = await agent.ask("GET", `/v1/agent/service/${registration.ID}`, TIMEOUT, { signal });
    if (known.status === 404) {
      const answer = await agent.ask("PUT", "/v1/agent/service/register", TIMEOUT, { body: registration, signal });
      if (answer.status !== 200) throw new Error(`the registry did not take us: ${answer.status}`);
    } else if (known.status !== 200) throw new Error(`the registry answered ${known.status}`);
    return RENEWAL;
  }

  const first = async () => {
    try {
      return await look();
    } finally {
      tried.resolve();
    }
  };
  const kept = keepLooking(registration.ID, first, { signal, log, clock, random });
  await tried.promise;
  return async () => {
    stopping.abort();
    await kept;
    try {
      await agent.ask("PUT", `/v1/agent/service/deregister/${registration.ID}`, TIMEOUT);
    } catch (error) {
      log.warn({ err: error }, "the registry could not be told that this instance goes");
    }
  };
}

function registrationOf({ service, url }: OwnInstance, prefix: string) {
  const { hostname, port, host } = new URL(url);
  const address = ANY_ADDRESS.has(hostname) ? {} : { Address: hostname.replace(/^\[|\]$/g, "") };
  return {
    // With a colon between them, which no name has: `orders` at `eu-a:80` is not `orders-eu` at `a:80`.
    ID: `${prefix}${service}:${host.replace(/[^a-z0-9.:-]/gi, "-")}`,
    Name: prefix + service,
    ...address,
    Port: Number(port || 80),
    Check: {
      HTTP: `${url}/health/ready`,
      // An agent has no certificate of ours, and does not know who signs them.
      ...(url.startsWith("https:") ? { TLSSkipVerify: true } : {}),
      Interval: "1s",
      Timeout: "1s",
      // We register when we are ready: nobody has to wait for the first check.
      Status: "passing",
      DeregisterCriticalServiceAfter: "1m",
    },
  };
}
