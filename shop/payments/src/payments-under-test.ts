import { groupCommit, groupTransactions } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import type { PaymentMethod } from "@flotilla/contracts/payments";
import { chargePayment } from "./charge-payment.ts";
import type { ChargeRequest } from "./payment.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { addIntents, knownPayment, type NewIntent } from "./payment-store.ts";
import { connectProvider } from "./provider/provider-client.ts";
import { startSimulatedProvider } from "./provider/simulated-provider.ts";
import { refundPayment } from "./refund-payment.ts";

/** What an order of ten euros asks. */
export const tenEuros = (method: PaymentMethod, orderId = "order"): ChargeRequest => ({
  orderId,
  userId: "ann",
  amount: euros(1_000),
  method,
});

/** The use cases of the payments on a database of their own, with a real simulated provider and the events they published. */
export async function paymentsUnderTest(t: Cleanup, { slowness = 20 }: { slowness?: number } = {}) {
  const folder = new URL("../migrations/", import.meta.url);
  const { url, database } = await testDatabase(t, [{ name: "payments", folder }]);
  const log = createLog({ service: "test", level: "silent" });
  const simulated = await startSimulatedProvider({ databaseUrl: url, log, slowness });
  await simulated.prepareLedger();
  const provider = connectProvider(simulated.url);
  t.after(async () => {
    await provider.close();
    await simulated.close();
  });
  const events: [type: string, body: unknown][] = [];
  const publish: Publish = async (tx, { type }, body) => tx.afterCommit(() => events.push([type, body]));
  const transaction = groupTransactions(database);
  const addIntent = groupCommit({ write: (intents: readonly NewIntent[]) => addIntents(database, intents) });
  return {
    url,
    log,
    database,
    events,
    provider,
    simulated,
    /** The use cases again, with another view of the provider: one that is away, or slow at the wrong moment. */
    withProvider: (other: Partial<PaymentProvider>) => {
      const needs = { database, transaction, addIntent, publish, provider: { ...provider, ...other } };
      return { charge: chargePayment(needs), refund: refundPayment(needs) };
    },
    charge: chargePayment({ database, transaction, addIntent, publish, provider }),
    refund: refundPayment({ database, publish, provider }),
    status: async (orderId: string) => (await knownPayment(database, orderId)).status,
    /** What the provider's own ledger says: the net of an order in cents, and how often money moved. */
    async ledger(orderId: string): Promise<{ net: number; captures: number; refunds: number }> {
      const [row] = await database.query<{ net: number; captures: number; refunds: number }>(
        `select net::int as net, captures::int as captures, refunds::int as refunds
           from provider.net_per_order where order_id = $1`,
        [orderId],
      );
      return row ?? { net: 0, captures: 0, refunds: 0 };
    },
  };
}
