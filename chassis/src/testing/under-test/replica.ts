import type { Static, TObject } from "typebox";
import type { Contract } from "../../contract/contract.ts";
import type { Environment } from "../../core/configuration/config.ts";
import type { User } from "../../identity/caller.ts";
import type { DeclaredCalls, Parts, ServiceDefinition, Wiring } from "../../service/definition.ts";
import { startService } from "../../service/host/host.ts";
import type { Running } from "../../service/host/surroundings.ts";
import { type CallerUnderTest, createCaller } from "./callers.ts";
import type { TestSurroundings } from "./surroundings.ts";

type Person = Partial<Omit<User, "kind" | "role" | "id">>;

/** A running service, and those who call it. */
export type ReplicaUnderTest<C extends Contract, Config extends TObject, Calls extends DeclaredCalls> = {
  /** Where it listens. */
  readonly url: string;
  /** Somebody who is not signed in. */
  readonly anonymous: CallerUnderTest<C>;
  /** A signed-in customer; the name is the id, and the session one of theirs, unless others are given. Default: `ann`. */
  customer(id?: string, more?: Person): CallerUnderTest<C>;
  /** An administrator. Default: `root`. */
  admin(id?: string, more?: Person): CallerUnderTest<C>;
  /** Another service: one of the option `callers`, the first by default. */
  service(name?: string): CallerUnderTest<C>;
  /** Who shows this token. */
  bearer(token: string): CallerUnderTest<C>;
  /** What the service was built from: to try a use case by itself. */
  readonly parts: Parts<Static<Config>, Calls>;
  /** Lets the worker of that name work now, as long as it finds something to do. Rejects with what it throws. */
  runWorker(name: string): Promise<void>;
  /** Stops it as SIGTERM would, and starts it again, with other settings if some are given. */
  restart(settings?: Environment): Promise<void>;
  /** Stops it. */
  stop(): Promise<void>;
};

/** Makes a replica, which runs once it is restarted. */
export function createReplica<C extends Contract, Config extends TObject, Calls extends DeclaredCalls>(
  definition: ServiceDefinition<C, Config, Calls>,
  around: TestSurroundings,
): ReplicaUnderTest<C, Config, Calls> {
  const { contract } = definition;
  const { keys, people, faults, errorOf, callers } = around;
  let running: Running | undefined;
  let parts: Parts<Static<Config>, Calls> | undefined;
  let workers: Wiring<C>["workers"] = [];
  let settings: Environment = {};

  const watched: ServiceDefinition<C, Config, Calls> = {
    ...definition,
    async wire(given) {
      const wiring = await definition.wire(given);
      [parts, workers] = [given, wiring.workers];
      return wiring;
    },
  };
  const now = <T>(value: T | undefined): T => {
    if (value === undefined || !running) throw new Error(`${contract.service} does not run`);
    return value;
  };
  const called = { contract, errorOf, faults, url: () => now(running?.url) };
  const person = (role: User["role"], id: string, more: Person = {}) =>
    createCaller(called, () => people.tokenOf({ id, name: id, session: `session of ${id}`, ...more, role }));

  async function stop(): Promise<void> {
    const stopping = running?.stop();
    running = undefined;
    if (stopping) await around.passTime(stopping);
  }

  return {
    get url() {
      return now(running?.url);
    },
    get parts() {
      return now(parts);
    },
    anonymous: createCaller(called, async () => undefined),
    customer: (id = "ann", more) => person("customer", id, more),
    admin: (id = "root", more) => person("admin", id, more),
    service(name = callers[0] as string) {
      if (!callers.includes(name)) throw new Error(`${name} may not call ${contract.service}: name it in \`callers\``);
      const tokenFor = keys.tokensOf(name);
      return createCaller(called, () => tokenFor(contract.service));
    },
    bearer: (token) => createCaller(called, async () => token),
    async runWorker(name) {
      const worker = now(workers).find((each) => each.name === name);
      if (!worker) throw new Error(`${contract.service} has no worker named ${name}`);
      await faults.orFault(worker.run());
    },
    async restart(more = {}) {
      await stop();
      settings = { ...settings, ...more };
      running = await startService(watched, around.of(settings));
    },
    stop,
  };
}
