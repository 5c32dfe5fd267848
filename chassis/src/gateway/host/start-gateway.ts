import type { Contract } from "../../contract/contract.ts";
import { readConfig } from "../../core/configuration/config.ts";
import type { Running, Surroundings } from "../../service/host/surroundings.ts";
import { createLog } from "../../telemetry/log.ts";
import { isWorker, startWorkers } from "../edge/workers.ts";
import { defineGateway, type GatewayDefinition } from "./gateway-definition.ts";
import { GatewaySettings } from "./gateway-settings.ts";
import { serveGateway } from "./serve-gateway.ts";

/** What a gateway shows, and whose calls it routes: all but the internal ones. */
export type StartGatewayOptions = Pick<GatewayDefinition, "title"> &
  Partial<GatewayDefinition> & { readonly contracts: readonly Contract[] };

/**
 * Starts a gateway by the settings of its environment, as several processes if they say so: each of these runs what this process runs, and so
 * comes here again. Throws a ConfigurationError for wrong settings.
 */
export async function startGateway(options: StartGatewayOptions, surroundings: Surroundings): Promise<Running> {
  const definition = defineGateway(options);
  const { gateway: name } = definition;
  const { environment } = surroundings;
  const settings = readConfig(GatewaySettings, environment);
  const log = surroundings.log ?? createLog({ service: name, level: settings.LOG_LEVEL, gather: 100 });
  if (settings.GATEWAY_WORKERS === 1 || isWorker()) {
    return serveGateway({ ...definition, contracts: options.contracts }, settings, { ...surroundings, log });
  }
  return { name, ...(await startWorkers({ count: settings.GATEWAY_WORKERS, environment, log })) };
}
