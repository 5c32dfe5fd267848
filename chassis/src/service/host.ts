import type { TObject } from "typebox";
import type { Contract } from "../contract/contract.ts";
import { Cancellation } from "../core/cancellation.ts";
import { unavailable } from "../core/failure.ts";
import { createBackground } from "./background.ts";
import { openConnections } from "./connections.ts";
import type { ServiceDefinition } from "./definition.ts";
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
export async function startService<C extends Contract, Config extends TObject>(
  definition: ServiceDefinition<C, Config>,
  surroundings: Surroundings,
): Promise<Running> {
  const name = definition.contract.service;
  const settings = readSettings(definition.config, surroundings.environment);
  const connections = await openConnections(name, settings.host, surroundings);
  const { log, clock, database } = connections;
  const background = createBackground(definition.contract, connections);
  const wiring = await definition.wire({
    config: settings.own,
    database,
    publish: background.publish,
    startSaga: background.startSaga,
    startSagaAlone: background.startSagaAlone,
    client: connections.client,
    clock,
    log,
  });

  let state: "starting" | "ready" | "draining" = "starting";
  const stopping = new Cancellation();
  const health = {
    service: name,
    ready: () => state === "ready",
    draining: () => state === "draining",
    broker: connections.broker.state,
  };
  const around = { connections, background, health, stopping };
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
    await background.start(wiring);
    state = "ready";
    deregister = await connections.discovery.register({ service: name, url: ownUrl(url, settings.host) });
    log.info({ url }, "ready");
    return { name, url, found: () => connections.discovery.found(clock), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
