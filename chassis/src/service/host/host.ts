import type { TObject } from "typebox";
import type { MakeClient } from "../../client/client.ts";
import type { Contract } from "../../contract/contract.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { readInternalCallers } from "../calls/internal-callers.ts";
import type { Clients, DeclaredCalls, ServiceDefinition } from "../definition.ts";
import { personalFields } from "../personal-fields.ts";
import { assembleSubscriptions } from "./assemble-subscriptions.ts";
import { createBackground } from "./background.ts";
import { openConnections } from "./connections.ts";
import { drain } from "./drain.ts";
import { createEndpoints } from "./endpoints.ts";
import { listen } from "./listen.ts";
import { ownUrl } from "./own-url.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { readSettings } from "./settings.ts";
import type { Running, Surroundings } from "./surroundings.ts";
import { theDatabase, untilAvailable } from "./until-available.ts";

/**
 * Starts a service: reads its settings (throws one ConfigurationError with every fault), listens, waits for its database, migrates
 * it, and resolves once relay, consumers, sagas and workers run and the service is ready.
 */
export async function startService<C extends Contract, Config extends TObject, Calls extends DeclaredCalls>(
  definition: ServiceDefinition<C, Config, Calls>,
  surroundings: Surroundings,
): Promise<Running> {
  const name = definition.contract.service;
  const settings = readSettings(definition.config, surroundings.environment);
  const internalCallers = readInternalCallers(settings.host.INTERNAL_CALLERS);
  const connections = await openConnections(name, settings.host, surroundings, personalFields(definition));
  const { log, clock, database } = connections;
  const background = createBackground(definition.contract, connections, settings.host);
  const wiring = await definition.wire({
    config: settings.own,
    database,
    publish: background.publish,
    erase: background.erase,
    startSaga: background.startSaga,
    startSagaAlone: background.startSagaAlone,
    clients: clientsOf(definition.calls, connections.client),
    clock,
    log,
  });
  const subscriptions = assembleSubscriptions(definition, wiring);

  let state: "starting" | "ready" | "draining" = "starting";
  const stopping = new Cancellation();
  const health = {
    service: name,
    ready: () => state === "ready",
    draining: () => state === "draining",
    broker: connections.broker.state,
  };
  const around = { connections, background, subscriptions, health, stopping, internalCallers };
  const { server, gate, multiplexed } = createEndpoints(definition.contract, wiring, around);
  let deregister = async () => {};
  const stop = async () => {
    const wasReady = state === "ready";
    state = "draining";
    await deregister();
    multiplexed.retire();
    if (wasReady) await clock.sleep(settings.host.DRAIN_NOTICE_MS);
    stopping.cancel(unavailable.failure({ cause: new Error("the service stops") }));
    await Promise.all([drain(server, multiplexed), background.stopConsuming()]);
    await background.stop();
    await wiring.close?.();
    gate.close();
    await connections.close();
    log.info("stopped");
  };

  try {
    const url = await listen(server, settings.host);
    await prepareDatabase(database, { service: name, migrations: definition.migrations, clock, log });
    await untilAvailable(theDatabase, async () => wiring.prepare?.(), { clock, log });
    await background.start({ ...wiring, subscriptions });
    state = "ready";
    deregister = await connections.discovery.register({ service: name, url: ownUrl(url, settings.host) });
    log.info({ url }, "ready");
    return { name, url, found: () => connections.discovery.found(clock), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const clientsOf = <Calls extends DeclaredCalls>(calls: Calls, client: MakeClient): Clients<Calls> =>
  Object.fromEntries(
    Object.entries(calls).map(([service, made]) => [service, client({ service, calls: made, events: {} })]),
  ) as Clients<Calls>;
