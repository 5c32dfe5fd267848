import { setTimeout as delay } from "node:timers/promises";
import {
  type Database,
  type GroupedTransaction,
  groupTransactions,
  migrate,
  openDatabase,
} from "@flotilla/chassis/database";
import type { Log } from "@flotilla/chassis/telemetry";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { type Charge, decide, refund, sameRequest } from "./provider-ledger.ts";
import { isKnown, lockCharge, saveCharge } from "./provider-ledger-store.ts";

export type SimulatedProviderOptions = {
  /** Where it keeps its ledger, in a schema of its own; its replicas share it. */
  databaseUrl: string;
  log: Log;
  /** Milliseconds that `pm_card_slow` takes. Default 3,000. */
  slowness?: number;
};

/** A payment provider, reached over HTTP only. */
export type SimulatedProvider = {
  readonly url: string;
  /** Makes the ledger's tables if they are not there. Before that every answer is 503. */
  prepareLedger(): Promise<void>;
  close(): Promise<void>;
};

const ledgerMigrations = { name: "provider", folder: new URL("../../provider-migrations/", import.meta.url) };

const Key = Type.String({ minLength: 1, maxLength: 255 });
const ChargeHeaders = Type.Object({ "idempotency-key": Key });
const ChargeBody = Type.Object({
  reference: Type.String({ minLength: 1, maxLength: 64 }),
  amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String({ pattern: "^[A-Z]{3}$" }),
  method: Type.String({ pattern: "^pm_" }),
});
const RefundBody = Type.Object({ chargeKey: Key });

type ChargeRoute = { Headers: Static<typeof ChargeHeaders>; Body: Static<typeof ChargeBody> };
type RefundRoute = { Body: Static<typeof RefundBody> };

/**
 * Starts a payment provider on a free port of this machine: a remote system with its own ledger, its own transactions and the
 * moods of its test cards. `POST /charges` with an `Idempotency-Key` captures once for each key, and a repeat tells the truth;
 * `POST /refunds` gives back what was captured by a key, or leaves a tombstone so that a late charge is refused.
 */
export async function startSimulatedProvider(options: SimulatedProviderOptions): Promise<SimulatedProvider> {
  const { databaseUrl, log, slowness = 3_000 } = options;
  const database = openDatabase({ url: databaseUrl, name: "payment-provider", log, connections: 4 });
  const transaction = groupTransactions(database);
  const server = fastify({ forceCloseConnections: "idle", ajv: { customOptions: { coerceTypes: false } } });
  server.post<ChargeRoute>(
    "/charges",
    { schema: { headers: ChargeHeaders, body: ChargeBody } },
    answerCharge(database, transaction, slowness),
  );
  server.post<RefundRoute>("/refunds", { schema: { body: RefundBody } }, async (request) => {
    const { status } = await refundCharge(transaction, request.body.chargeKey);
    return { status: status === "refunded" ? "refunded" : "nothing_captured" };
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 503;
    if (status >= 500) log.warn({ err: error }, "the simulated payment provider failed");
    return reply.code(status).send({ code: status < 500 ? "invalid_request" : "try_again" });
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    prepareLedger: () => migrate(database, [ledgerMigrations]),
    async close() {
      await server.close();
      await database.close();
    },
  };
}

function answerCharge(database: Database, transaction: GroupedTransaction, slowness: number) {
  return async (request: FastifyRequest<ChargeRoute>, reply: FastifyReply): Promise<FastifyReply> => {
    const key = request.headers["idempotency-key"];
    const { method } = request.body;
    if (method === "pm_card_slow" && !(await isKnown(database, key))) await delay(slowness);
    const [before, charge] = await makeCharge(transaction, key, request.body);
    if (charge.request && !sameRequest(charge, request.body)) return reply.code(422).send({ code: "key_reused" });
    if (charge.status === "captured" && before.status === "open" && method === "pm_card_lost_answer") {
      // The money has moved, and nobody is told.
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    return sendCharge(reply, charge);
  };
}

function sendCharge(reply: FastifyReply, { status, declineCode }: Charge): FastifyReply {
  if (status === "captured") return reply.send({ status });
  if (status === "declined") return reply.code(402).send({ code: declineCode });
  if (status === "open") return reply.code(503).send({ code: "try_again" });
  return reply.code(409).send({ code: "charge_called_off" });
}

/** The charge as it was found, and as it is now. */
const makeCharge = (
  transaction: GroupedTransaction,
  key: string,
  request: ChargeRoute["Body"],
): Promise<[Charge, Charge]> =>
  transaction(key, async (tx) => {
    const before = await lockCharge(tx, { key, request });
    const after = decide(before);
    if (after !== before) await saveCharge(tx, after);
    return [before, after];
  });

const refundCharge = (transaction: GroupedTransaction, key: string): Promise<Charge> =>
  transaction(key, async (tx) => {
    const before = await lockCharge(tx, { key, request: null });
    const after = refund(before);
    if (after !== before) await saveCharge(tx, after);
    return after;
  });
