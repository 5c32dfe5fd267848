/* A service: its wiring, and the process that runs it. */
export type { CallInput, CallOptions, CallReply, Client, MakeClient } from "./client/client.ts";
export { type Backoff, backoffDelay } from "./core/backoff.ts";
export { type Clock, systemClock } from "./core/clock.ts";
export { ConfigurationError, type Environment, readConfig } from "./core/configuration/config.ts";
export { newId } from "./core/id.ts";
export { Answer, answer } from "./service/answer.ts";
export {
  type Clients,
  type DeclaredCalls,
  defineService,
  type Handler,
  type Handlers,
  type Parts,
  type Request,
  type ServiceDefinition,
  type ServiceOptions,
  type Wiring,
} from "./service/definition.ts";
export type { ErasePerson } from "./service/erasure/erase-person.ts";
export type { Erasure } from "./service/erasure/erase-rows.ts";
export { startService } from "./service/host/host.ts";
export { runProcess } from "./service/host/process.ts";
export type { Running, Surroundings } from "./service/host/surroundings.ts";
export { type Worker, worker } from "./service/worker.ts";
