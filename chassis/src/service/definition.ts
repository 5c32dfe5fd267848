import { existsSync } from "node:fs";
import { type Static, type TObject, Type } from "typebox";
import type { Client } from "../client/client.ts";
import type { Call, CallTypes } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import type { Event } from "../contract/event.ts";
import { callingModule } from "../core/calling-module.ts";
import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import type { Retention } from "../database/retention.ts";
import type { Caller } from "../identity/caller.ts";
import type { Publish, Subscription } from "../messaging/messaging.ts";
import type { AnySaga, StartSaga, StartSagaAlone } from "../saga/definition/saga.ts";
import type { Log } from "../telemetry/log.ts";
import type { Answer } from "./answer.ts";
import type { ErasePerson } from "./erasure/erase-person.ts";
import type { Erasure } from "./erasure/erase-rows.ts";
import type { Worker } from "./worker.ts";

type TypesIn<C extends Call> = C extends Call<infer Types extends CallTypes> ? Types : never;

/** A validated request, as a handler gets it. */
export type Request<C extends Call> = {
  readonly params: TypesIn<C>["params"];
  readonly query: TypesIn<C>["query"];
  /** The headers that the contract names, in lower case. */
  readonly headers: TypesIn<C>["headers"];
  readonly body: TypesIn<C>["body"];
  /** The `Idempotency-Key` header; empty when the call has none. */
  readonly key: string;
  readonly caller: Caller;
  /** Where the request comes from, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address. */
  readonly network: string;
  /** Aborted when the caller went away or its deadline passed. */
  readonly signal: AbortSignal;
  /** Milliseconds that the caller would like to wait (`Prefer: wait=N`); 0 when it said nothing of it. */
  readonly preferredWait: number;
  /**
   * Waits for something that others do, as no work of this service: meanwhile the request takes nobody's place. Resolves with undefined when there is no
   * result: at the latest after `milliseconds`, at once when the caller waits for too much already, and in time for an answer when the call's
   * deadline, the caller's session or the service ends, or `what` fails. So what was accepted before can always be told.
   */
  wait<T>(milliseconds: number, what: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
};

/** Answers a call: with the reply's body (and the call's lowest success status), or with {@link Answer} for more. */
export type Handler<C extends Call> = (
  request: Request<C>,
) => Promise<TypesIn<C>["reply"] | Answer<TypesIn<C>["reply"]>>;

/** A handler for every call of the contract: one missing does not compile. */
export type Handlers<C extends Contract> = { readonly [Name in keyof C["calls"]]: Handler<C["calls"][Name]> };

/** The calls that a service makes, by the services that answer them: `{ users: { getContact } }`. */
export type DeclaredCalls = Readonly<Record<string, Readonly<Record<string, Call>>>>;

/** The typed clients of the services that a service calls: `clients.users.getContact({ params })`. */
export type Clients<Calls extends DeclaredCalls> = {
  readonly [Service in keyof Calls]: Client<Contract<Calls[Service], Record<never, never>>>;
};

/** What the host hands to a service to build itself from. */
export type Parts<Config, Calls extends DeclaredCalls = Record<never, never>> = {
  readonly config: Config;
  readonly database: Database;
  readonly publish: Publish;
  readonly erase: ErasePerson;
  /** Starts a saga in a transaction, with whatever else it changes. */
  readonly startSaga: StartSaga;
  /** Starts a saga that belongs to no other change, and costs less: many share a commit. */
  readonly startSagaAlone: StartSagaAlone;
  readonly clients: Clients<Calls>;
  readonly clock: Clock;
  readonly log: Log;
};

/** What a service is made of. */
export type Wiring<C extends Contract> = {
  /** The handlers of its calls. */
  readonly answers: Handlers<C>;
  /** The handlers of the events that it declares to consume and that have none there. */
  readonly consumes?: readonly Subscription[];
  readonly sagas?: readonly AnySaga[];
  readonly workers?: readonly Worker[];
  /** What of its own tables is removed, and when. */
  readonly retention?: readonly Retention[];
  /** What of its own tables tells of a person who is erased. */
  readonly erases?: readonly Erasure[];
  /** Runs once before the service is ready, e.g. to fill an empty database. Must be safe when several replicas do it. */
  readonly prepare?: () => Promise<void>;
  /** Runs last when the service stops. */
  readonly close?: () => Promise<void>;
};

/** What a service says of itself, besides its contract. */
export type ServiceOptions<C extends Contract, Config extends TObject, Calls extends DeclaredCalls> = {
  /** The service's own settings, besides those of the host. */
  readonly config?: Config;
  /** The folder of its migrations. Default: `migrations` beside the package's `src` or the `service.ts`, if it is there. */
  readonly migrations?: URL;
  /** What it calls. It may make these calls and no other internal ones: who declares a call is let in by who answers it. */
  readonly calls?: Calls;
  /** The events that it consumes: with their handlers (`on`), or alone when these need what `wire` makes. */
  readonly consumes?: readonly (Event | Subscription)[];
  /** Builds the service: returns the handlers of its calls, or a {@link Wiring} when there is more to it. */
  wire?(parts: Parts<Static<Config>, Calls>): MaybeWiring<C> | Promise<MaybeWiring<C>>;
};

type MaybeWiring<C extends Contract> =
  | Handlers<C>
  | Wiring<C>
  | (None extends Handlers<C> ? Partial<Wiring<C>> : never);
type None = Record<never, never>;

/** A service, written down: what it answers, calls, consumes and runs. */
export type ServiceDefinition<
  C extends Contract = Contract,
  Config extends TObject = TObject,
  Calls extends DeclaredCalls = DeclaredCalls,
> = {
  readonly contract: C;
  readonly config: Config;
  /** Undefined when it has no tables of its own. */
  readonly migrations: URL | undefined;
  readonly calls: Calls;
  readonly consumes: readonly (Event | Subscription)[];
  wire(parts: Parts<Static<Config>, Calls>): Promise<Wiring<C>>;
};

/** Writes a service down. Nothing happens until it is started. Throws when it has calls but nothing that answers them. */
export function defineService<
  C extends Contract,
  Config extends TObject = TObject<None>,
  Calls extends DeclaredCalls = None,
>(contract: C, options: ServiceOptions<C, Config, Calls>): ServiceDefinition<C, Config, Calls> {
  const { config = Type.Object({}) as unknown as Config, calls = {} as Calls, consumes = [] } = options;
  const hasCalls = Object.keys(contract.calls).length > 0;
  if (hasCalls && !options.wire) throw new Error(`${contract.service} has calls, and no \`wire\` that answers them`);
  const migrations = options.migrations ?? migrationsBeside(callingModule());
  return {
    contract,
    config,
    migrations,
    calls,
    consumes,
    async wire(parts) {
      const wired = (await options.wire?.(parts)) ?? {};
      if (!hasCalls) return { answers: {} as Handlers<C>, ...wired };
      return "answers" in wired ? (wired as Wiring<C>) : { answers: wired as Handlers<C> };
    },
  };
}

/** The migrations of the service whose module this is, if it has any. */
function migrationsBeside(module: URL | undefined): URL | undefined {
  const [isService, inSource] = /\/(src\/)?service\.[jt]s$/.exec(module?.pathname ?? "") ?? [];
  if (isService === undefined) return undefined;
  const folder = new URL(inSource ? "../migrations/" : "./migrations/", module);
  return existsSync(folder) ? folder : undefined;
}
