import type { IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { createClients } from "../../client/create-client.ts";
import type { Contract } from "../../contract/contract.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { tokenInvalid } from "../../core/failure/failure.ts";
import { createLoadShedder } from "../../core/load/load-shedder.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import type { Caller } from "../../identity/caller.ts";
import { createLog } from "../../telemetry/log.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { eventually } from "../../testing/eventually.ts";
import { requestCounter } from "../calls/count-requests.ts";
import { addRoutes } from "../calls/routes.ts";
import type { Handlers } from "../definition.ts";
import { drain } from "../host/drain.ts";
import { createGate } from "../http/gate.ts";
import { createHttpServer } from "../http/http-server.ts";
import { acceptMultiplexed } from "./accept-multiplexed.ts";
import { answerRequests } from "./answer-request.ts";

const log = createLog({ service: "test", level: "silent" });

const people: Readonly<Record<string, Caller>> = {
  ann: { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" },
  orders: { kind: "service", name: "orders" },
};

/** A service as its host puts it together, but for its database. */
export async function serveMultiplexed<C extends Contract>(
  t: TestContext,
  definition: C,
  handlers: Handlers<C>,
  { shedder = createLoadShedder(), offers = true } = {},
) {
  const state = { ready: true, draining: false };
  const health = {
    service: definition.service,
    ready: () => state.ready,
    draining: () => state.draining,
    reachable: async () => true,
  };
  const verify = Object.assign(
    async (token: string): Promise<Caller> => {
      const caller = people[token];
      if (!caller) throw tokenInvalid.failure();
      return caller;
    },
    { known: (token: string) => people[token] },
  );
  const metrics = createMetrics(definition.service);
  const counterOf = requestCounter(metrics);
  const gate = createGate({ contract: definition, shedder, known: verify.known, metrics });
  const server = createHttpServer(health, log, metrics, { counterOf, guard: gate.guard });
  const internalCallers = () => new Set(Object.keys(people));
  const around = { verify, health, stopping: new Cancellation(), gate, internalCallers };
  const calls = addRoutes(server, definition, handlers, around);
  const multiplexed = offers
    ? acceptMultiplexed(server, answerRequests(calls, { gate, log, counterOf }), {
        verify,
        gate,
        health,
        log,
      })
    : undefined;
  const overHttp: string[] = [];
  let upgrades = 0;
  server.server.prependListener(
    "request",
    ({ method, url }: IncomingMessage) => void overHttp.push(`${method} ${url}`),
  );
  server.server.on("upgrade", () => {
    upgrades += 1;
  });
  const stop = async () => {
    state.ready = false;
    state.draining = true;
    multiplexed?.retire();
    await drain(server, multiplexed);
  };
  t.after(async () => {
    multiplexed?.destroy();
    await stop();
    gate.close();
  });
  return {
    url: await server.listen({ host: "127.0.0.1", port: 0 }),
    metrics,
    state,
    /** What was asked over HTTP, in the order it came. */
    overHttp,
    upgrades: () => upgrades,
    /** Ends the multiplexed connections without a word. */
    cut: () => multiplexed?.destroy(),
    stop,
  };
}

/** A client of a service at `url`, with nothing that makes it wait, that calls as the service `token`. */
export function clientOf<C extends Contract>(t: TestContext, definition: C, url: string, token = "orders") {
  const clients = createClients({
    discovery: staticDiscovery({ [definition.service]: [url] }),
    tokenFor: async () => token,
    log,
    random: () => 0,
  });
  t.after(() => clients.close());
  return { ...clients, call: clients.client(definition) };
}

/** Asks again and again until what is asked goes over a multiplexed connection. */
export const untilMultiplexed = (overHttp: readonly string[], ask: () => Promise<unknown>): Promise<unknown> =>
  eventually(async () => {
    const before = overHttp.length;
    await ask();
    return overHttp.length === before;
  });
