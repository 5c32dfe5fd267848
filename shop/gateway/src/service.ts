import { systemClock } from "@flotilla/chassis/core/clock";
import { ConfigurationError, readConfig } from "@flotilla/chassis/core/config";
import { connectDiscovery } from "@flotilla/chassis/discovery/connect-discovery";
import { parseInstances } from "@flotilla/chassis/discovery/static";
import { createGateway, type Gateway } from "@flotilla/chassis/gateway";
import { endedSessions } from "@flotilla/chassis/identity/ended-sessions";
import { readServiceKey } from "@flotilla/chassis/identity/key-files";
import { serviceTokens } from "@flotilla/chassis/identity/service-token";
import { userKeys } from "@flotilla/chassis/identity/user-keys";
import { createVerifier } from "@flotilla/chassis/identity/verify";
import type { Running, Surroundings } from "@flotilla/chassis/service/surroundings";
import { createLog } from "@flotilla/chassis/telemetry/log";
import { contracts } from "@flotilla/contracts/shop";
import { type Config, config } from "./config.ts";

const name = "gateway";

/** Starts the shop's gateway: routes from the contracts, tokens of the users service. Throws a ConfigurationError for wrong settings. */
export async function startGateway(surroundings: Surroundings): Promise<Running> {
  const settings = readConfig(config, surroundings.environment);
  const log = surroundings.log ?? createLog({ service: name, level: settings.LOG_LEVEL });
  const clock = surroundings.clock ?? systemClock;
  const discovery =
    surroundings.discovery ??
    (await connectDiscovery(settings.DISCOVERY_URL, { instances: parseInstances(settings.INSTANCES) }));
  const tokenFor = serviceTokens({ name, key: await readServiceKey(settings.SERVICE_KEY_FILE, name), clock });
  const identity = { discovery, tokenFor, log, clock, identityService: settings.IDENTITY_SERVICE };
  const keys = userKeys(identity);
  const sessions = endedSessions(identity);
  const gateway = createGateway({
    title: "Flotilla shop",
    version: "0.1.0",
    contracts,
    discovery,
    // Services call each other directly: none has a token for the gateway.
    verify: createVerifier({
      service: name,
      serviceKeys: { keys: [] },
      userKeys: keys.find,
      endedSessions: sessions,
      clock,
    }),
    tokenFor,
    log,
    limits: limitsOf(settings),
  });
  const url = await listen(gateway, settings);
  log.info({ url }, "ready");
  return {
    name,
    url,
    async stop() {
      log.info("stopping");
      await gateway.close();
      await Promise.all([keys.close(), sessions.close()]);
      if (!surroundings.discovery) await discovery.close();
      log.info("stopped");
    },
  };
}

const limitsOf = ({ RATE_LIMIT_SIGN_IN, RATE_LIMIT_ADDRESS, RATE_LIMIT_USER }: Config) => ({
  signIn: RATE_LIMIT_SIGN_IN,
  address: RATE_LIMIT_ADDRESS,
  user: RATE_LIMIT_USER,
});

async function listen(gateway: Gateway, { HOST, PORT }: Config): Promise<string> {
  try {
    return await gateway.listen({ host: HOST, port: PORT });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new ConfigurationError([`PORT ${PORT} is in use on ${HOST}`]);
    if (code === "EACCES") throw new ConfigurationError([`PORT ${PORT} may not be used by this account`]);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new ConfigurationError([`HOST ${HOST} is not an address of this machine`]);
    throw error;
  }
}
