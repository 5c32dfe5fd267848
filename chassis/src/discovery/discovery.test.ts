import type { TestContext } from "node:test";
import { createLog } from "../telemetry/log.ts";
import { hurriedClock } from "../testing/hurried-clock.ts";
import { consulMissing, consulServer } from "../testing/servers/consul-server.ts";
import { type DiscoveryUnderTest, discoverySuite, registrySuite } from "../testing/suites/discovery-suite.ts";
import { type NameServer, startNameServer } from "../topology/network/name-server.ts";
import { consulDiscovery } from "./consul/consul.ts";
import type { Instances } from "./discovery.ts";
import { dnsDiscovery } from "./dns/dns.ts";
import { type StaticDiscovery, staticDiscovery } from "./static.ts";

const log = createLog({ service: "test", level: "silent" });
const onePort = (number: number) => `http://127.0.0.${number}:3000`;
const onePlace = (number: number) => `http://127.0.0.1:${4_000 + number}`;

function withoutRegistry(): DiscoveryUnderTest {
  let told: Instances = {};
  const all: StaticDiscovery[] = [];
  return {
    connect() {
      const discovery = staticDiscovery(told);
      all.push(discovery);
      return discovery;
    },
    set(instances) {
      told = instances;
      for (const each of all) each.update(instances);
    },
  };
}

/** Our own name server; `urlOf` says how it is asked. */
const withNames = (urlOf: (server: NameServer) => string) => async (t: TestContext) => {
  let server = await startNameServer();
  const url = urlOf(server);
  const port = Number(server.address.split(":")[1]);
  t.after(() => server.close().catch(() => {}));
  return {
    connect: () => dnsDiscovery(url, { log, clock: hurriedClock, random: () => 0.1 }),
    set: (instances: Instances) => server.tell(instances),
    registry: {
      stop: () => server.close(),
      async start() {
        server = await startNameServer(port);
      },
    },
  };
};

const byAddress = withNames(({ address }) => `dns://${address}/{service}.flotilla.internal?port=3000`);
const byRecord = withNames(({ discoveryUrl }) => discoveryUrl);

/** Consul's agent, asked over HTTP or as the name server that it is as well. */
const withConsul = (kind: "http" | "dns") => async (t: TestContext) => {
  const consul = await consulServer(t);
  return {
    connect: () =>
      kind === "http"
        ? consulDiscovery(consul.url.replace("http:", "consul:"), { log, random: () => 0.1 })
        : dnsDiscovery(`dns://${consul.dns}/{service}.service.consul?type=SRV`, {
            log,
            clock: hurriedClock,
            random: () => 0.1,
          }),
    async set(instances: Instances) {
      for (const service of ["orders", "users"]) await consul.set(service, instances[service] ?? []);
    },
    registry: { stop: () => consul.kill(), start: () => consul.start() },
  };
};

discoverySuite("static", withoutRegistry, { origin: onePlace });
discoverySuite("dns with addresses", byAddress, { origin: onePort });
registrySuite("dns with addresses", byAddress, { origin: onePort });
discoverySuite("dns with records", byRecord, { origin: onePlace });
registrySuite("dns with records", byRecord, { origin: onePlace });
discoverySuite("dns of consul", withConsul("dns"), { origin: onePlace, skip: consulMissing });
discoverySuite("consul", withConsul("http"), { origin: onePlace, skip: consulMissing });
registrySuite("consul", withConsul("http"), { origin: onePlace, skip: consulMissing });
