import type { Static, TObject } from "typebox";
import type { MakeClient } from "../client/client.ts";
import type { Call, CallTypes } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import type { Caller } from "../identity/caller.ts";
import type { Publish, Subscription } from "../messaging/messaging.ts";
import type { AnySaga, StartSaga, StartSagaAlone } from "../saga/saga.ts";
import type { Log } from "../telemetry/log.ts";
import type { Answer } from "./answer.ts";
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
};

/** Answers a call: with the reply's body (and the call's lowest success status), or with {@link Answer} for more. */
export type Handler<C extends Call> = (
  request: Request<C>,
) => Promise<TypesIn<C>["reply"] | Answer<TypesIn<C>["reply"]>>;

/** A handler for every call of the contract: one missing does not compile. */
export type Handlers<C extends Contract> = { readonly [Name in keyof C["calls"]]: Handler<C["calls"][Name]> };

/** What the host hands to a service to build itself from. */
export type Parts<Config> = {
  readonly config: Config;
  readonly database: Database;
  readonly publish: Publish;
  /** Starts a saga in a transaction, with whatever else it changes. */
  readonly startSaga: StartSaga;
  /** Starts a saga that belongs to no other change, and costs less: many share a commit. */
  readonly startSagaAlone: StartSagaAlone;
  /** Makes the typed client of another service. */
  readonly client: MakeClient;
  readonly clock: Clock;
  readonly log: Log;
};

/** What a service is made of. */
export type Wiring<C extends Contract> = {
  readonly calls: Handlers<C>;
  readonly subscriptions?: readonly Subscription[];
  readonly sagas?: readonly AnySaga[];
  readonly workers?: readonly Worker[];
  /** Runs once before the service is ready, e.g. to fill an empty database. Must be safe when several replicas do it. */
  readonly prepare?: () => Promise<void>;
  /** Runs last when the service stops. */
  readonly close?: () => Promise<void>;
};

/** A service: its contract, its settings, its migrations and its wiring. */
export type ServiceDefinition<C extends Contract = Contract, Config extends TObject = TObject> = {
  readonly contract: C;
  /** The service's own settings, besides those of the host. */
  readonly config: Config;
  readonly migrations: URL;
  wire(parts: Parts<Static<Config>>): Promise<Wiring<C>> | Wiring<C>;
};

/** Writes a service down. Nothing happens until it is started. */
export const defineService = <C extends Contract, Config extends TObject>(
  definition: ServiceDefinition<C, Config>,
): ServiceDefinition<C, Config> => definition;
