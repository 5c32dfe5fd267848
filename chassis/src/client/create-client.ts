import type { Contract } from "../contract/contract.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { TokenFor } from "../identity/tokens/service-token.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Client, MakeClient } from "./client.ts";
import { countAttempts } from "./client-span.ts";
import { remoteCall } from "./remote-call.ts";
import { type CalleeLimits, createCallees } from "./targets/callee.ts";
import { createTransport, type TransportLimits } from "./transports/transport.ts";

/** The clients of one process, on shared connections. */
export type Clients = {
  readonly client: MakeClient;
  /** Resolves when the calls under way have ended; new ones fail. */
  close(): Promise<void>;
};

/** Makes the clients of a process. `random` (in [0, 1)) spreads calls over instances and waits over time. */
export function createClients(
  options: {
    readonly discovery: Discovery;
    readonly tokenFor: TokenFor;
    readonly log: Log;
    readonly metrics?: Metrics;
    readonly clock?: Clock;
    readonly random?: () => number;
  } & TransportLimits &
    CalleeLimits,
): Clients {
  const transport = createTransport(options);
  const { discovery, tokenFor, log, metrics, clock = systemClock, random = Math.random } = options;
  const callees = createCallees({ discovery, log, metrics, random }, options);
  const surroundings = {
    callees,
    tokenFor,
    log,
    clock,
    random,
    transport,
    countAttempts: metrics && countAttempts(metrics),
  };

  function client<C extends Contract>({ service, calls }: C): Client<C> {
    const functions = Object.entries(calls).map(([name, call]) => [
      name,
      remoteCall(surroundings, { service, name, call }),
    ]);
    return Object.fromEntries(functions) as Client<C>;
  }

  return { client, close: () => transport.close() };
}
