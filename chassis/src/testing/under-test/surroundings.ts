import { setTimeout as delay } from "node:timers/promises";
import { routeOf } from "../../contract/call.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Environment } from "../../core/configuration/config.ts";
import type { Database } from "../../database/database.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import type { DeclaredCalls, ServiceDefinition } from "../../service/definition.ts";
import type { Surroundings } from "../../service/host/surroundings.ts";
import type { FakeClock } from "../fake-clock.ts";
import type { Cleanup } from "../file-cleanup.ts";
import { testDatabase } from "../servers/postgres.ts";
import { type ErrorLog, errorLog } from "./error-log.ts";
import { type Neighbours, type RunningNeighbours, startNeighbours } from "./neighbours.ts";
import { PEOPLE, type People, startPeople } from "./people.ts";
import { type ServiceKeys, serviceKeys } from "./service-keys.ts";
import { type TestFaults, testFaults } from "./test-faults.ts";
import { type WatchedBroker, watchedBroker } from "./watched-broker.ts";

/** What a test decides about the surroundings of a service. */
export type SurroundingsOptions<Calls extends DeclaredCalls> = {
  /** What answers the calls that the service makes. A call that is not there makes the test fail. */
  readonly neighbours?: Neighbours<Calls>;
  /** Settings of the service, as in its environment. */
  readonly settings?: Environment;
  /** A clock for the service and its host, that stands still until the test advances it. The database's clock runs on. Default: the system's. */
  readonly clock?: FakeClock;
  /** The services that may make its internal calls. Default: one named `another`. */
  readonly callers?: readonly string[];
};

/** What is around the replicas of a service under test. */
export type TestSurroundings = {
  readonly database: Database;
  readonly broker: WatchedBroker;
  readonly clock: Clock;
  readonly keys: ServiceKeys;
  readonly people: People;
  readonly callers: readonly string[];
  readonly requests: RunningNeighbours["requests"];
  readonly faults: TestFaults;
  readonly errorOf: ErrorLog["errorOf"];
  /** What a replica is started with. */
  of(settings: Environment): Surroundings;
  /** Waits for `work` while the clock goes on, if it is one that stands still. */
  passTime(work: Promise<unknown>): Promise<void>;
  /** Throws the first fault of the test when all is closed. */
  close(): Promise<void>;
};

/** Makes what a service needs around it: a database, a broker in memory, keys, neighbours, people. `serviceUrl` tells where the service listens. */
export async function testSurroundings(
  t: Cleanup,
  { contract, calls }: Pick<ServiceDefinition, "contract" | "calls">,
  options: SurroundingsOptions<DeclaredCalls> & { serviceUrl(): string | undefined },
): Promise<TestSurroundings> {
  const { neighbours: fakes = {}, settings = {}, callers = ["another"], serviceUrl } = options;
  const clock = options.clock ?? systemClock;
  const name = contract.service;
  const faults = testFaults();
  const { log, errorOf } = errorLog(name);
  const keys = await serviceKeys(t, [...new Set([name, PEOPLE, ...callers])], clock);
  const { url, database } = await testDatabase(t);
  const broker = watchedBroker();
  const neighbours = await startNeighbours({ calls, fakes, keySet: keys.keySet, clock, faults });
  const people = await startPeople({ contract, clock, serviceUrl, tokenFor: keys.tokensOf(PEOPLE) });
  const discovery = staticDiscovery({ ...neighbours.urls, [PEOPLE]: [people.url] });
  const internal = Object.values(contract.calls).filter(({ shape }) => shape.access === "internal");
  const environment: Environment = {
    DATABASE_URL: url,
    BROKER_URL: "memory:",
    IDENTITY_SERVICE: PEOPLE,
    INTERNAL_CALLERS: JSON.stringify(Object.fromEntries(internal.map((call) => [routeOf(call), [PEOPLE, ...callers]]))),
    ...keys.environment(name),
    ...settings,
  };
  return {
    database,
    broker,
    clock,
    keys,
    people,
    callers,
    faults,
    errorOf,
    requests: neighbours.requests,
    of: (more) => ({ environment: { ...environment, ...more }, log, clock, discovery, broker }),
    async passTime(work) {
      let isOver = false;
      const over = work.finally(() => {
        isOver = true;
      });
      over.catch(() => {});
      for (; options.clock && !isOver; await delay(5)) await options.clock.advance(1_000);
      await over;
    },
    async close() {
      await Promise.all([people.close(), broker.close(), neighbours.close()]);
      faults.assertNone();
    },
  };
}
