import type { FastifyInstance } from "fastify";
import type { Contract } from "../../contract/contract.ts";
import type { Cancellation } from "../../core/cancellation.ts";
import { deadLetterOperations } from "../../messaging/dead-letters/dead-letter-contract.ts";
import { operateDeadLetters } from "../../messaging/dead-letters/operate-dead-letters.ts";
import type { Subscription } from "../../messaging/messaging.ts";
import { createSagaSet } from "../../saga/definition/saga-set.ts";
import { createSagaOperations } from "../../saga/operations/operate-sagas.ts";
import { sagaOperations } from "../../saga/operations/operations-contract.ts";
import { requestCounter } from "../calls/count-requests.ts";
import type { InternalCallers } from "../calls/internal-callers.ts";
import { addRoutes } from "../calls/routes.ts";
import { createWaits } from "../calls/waits.ts";
import type { Wiring } from "../definition.ts";
import { createGate, type Gate } from "../http/gate.ts";
import { createHttpServer } from "../http/http-server.ts";
import { type AcceptedConnections, acceptMultiplexed } from "../multiplex/accept-multiplexed.ts";
import { answerRequests } from "../multiplex/answer-request.ts";
import { deadLetterCalls } from "../operations/dead-letter-calls.ts";
import { sagaOperationCalls } from "../operations/saga-operation-calls.ts";
import type { Background } from "./background.ts";
import type { Connections } from "./connections.ts";
import type { Health } from "./health.ts";

/** What a service is asked through. */
export type Endpoints = {
  readonly server: FastifyInstance;
  readonly gate: Gate;
  readonly multiplexed: AcceptedConnections;
};

/** Makes what answers the calls of a service, those of its operators among them, over HTTP and over multiplexed connections. */
export function createEndpoints<C extends Contract>(
  contract: C,
  wiring: Wiring<C>,
  around: {
    readonly connections: Connections;
    readonly background: Background;
    readonly subscriptions: readonly Subscription[];
    readonly health: Omit<Health, "reachable">;
    readonly stopping: Cancellation;
    readonly internalCallers: InternalCallers;
  },
): Endpoints {
  const { connections, background, stopping, internalCallers } = around;
  const { log, database, verify, tracer, metrics, shedder, tls } = connections;
  const gate = createGate({ contract, shedder, known: verify.known, metrics });
  const health = {
    ...around.health,
    reachable: async () => !gate.stalledLately() && (await database.answers()),
  };
  const counterOf = requestCounter(metrics);
  const server = createHttpServer(health, log, metrics, { counterOf, guard: gate.guard, tls });
  const routes = { verify, health, stopping, tracer, gate, log, internalCallers, waits: createWaits(), peers: tls };
  const deadLetters = operateDeadLetters({
    database,
    subscriptions: around.subscriptions,
    onChange: background.messagesChanged,
  });
  const calls = [
    ...addRoutes(server, contract, wiring.answers, routes),
    ...addRoutes(server, deadLetterOperations, deadLetterCalls(deadLetters), routes),
  ];
  if (wiring.sagas?.length) {
    const operations = { database, sagas: createSagaSet(wiring.sagas), onChange: background.sagasChanged };
    calls.push(...addRoutes(server, sagaOperations, sagaOperationCalls(createSagaOperations(operations)), routes));
  }
  const answer = answerRequests(calls, { gate, log, counterOf });
  const multiplexed = acceptMultiplexed(server, answer, { verify, gate, health, log, peers: tls });
  tls?.onReplaced(multiplexed.renew);
  return { server, gate, multiplexed };
}
