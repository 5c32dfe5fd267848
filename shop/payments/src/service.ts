import { groupCommit, groupTransactions } from "@flotilla/chassis/database";
import { defineService } from "@flotilla/chassis/service";
import { daysBehindOrders } from "@flotilla/contracts/order-days";
import { payments } from "@flotilla/contracts/payments";
import { calls } from "./calls.ts";
import { chargePayment } from "./charge-payment.ts";
import { config } from "./config.ts";
import { addIntents, type NewIntent } from "./payment-store.ts";
import { connectProvider } from "./provider/provider-client.ts";
import { startSimulatedProvider } from "./provider/simulated-provider.ts";
import { refundPayment } from "./refund-payment.ts";

/** The payments: what each order was charged and given back, at a payment provider that is another system. */
export const service = defineService(payments, {
  config,
  async wire({ config, database, publish, log }) {
    const simulated =
      config.PAYMENT_PROVIDER_URL === "simulated:"
        ? await startSimulatedProvider({ databaseUrl: config.DATABASE_URL, log })
        : undefined;
    const provider = connectProvider(simulated?.url ?? config.PAYMENT_PROVIDER_URL);
    const transaction = groupTransactions(database);
    const addIntent = groupCommit({ write: (intents: readonly NewIntent[]) => addIntents(database, intents) });
    const needs = { database, transaction, addIntent, publish, provider };
    return {
      answers: calls({ database, chargePayment: chargePayment(needs), refundPayment: refundPayment(needs) }),
      retention: [
        {
          ...{ table: "payment", key: "order_id", since: "created_at", where: "status <> 'pending'" },
          days: daysBehindOrders(config.ORDER_DAYS),
        },
      ],
      prepare: async () => simulated?.prepareLedger(),
      async close() {
        await provider.close();
        await simulated?.close();
      },
    };
  },
});
