import { groupCommit, groupTransactions } from "@flotilla/chassis/database";
import { type Cleanup, serviceUnderTest } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import type { PaymentMethod } from "@flotilla/contracts/payments";
import { chargePayment } from "./charge-payment.ts";
import type { ChargeRequest } from "./payment.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { addIntents, knownPayment, type NewIntent } from "./payment-store.ts";
import { providerUnderTest } from "./provider/provider.fixture.ts";
import { refundPayment } from "./refund-payment.ts";
import { service } from "./service.ts";

/** What an order of ten euros asks. */
export const tenEuros = (method: PaymentMethod, orderId = "order"): ChargeRequest => ({
  orderId,
  userId: "ann",
  amount: euros(1_000),
  method,
});

/** The payments at a provider that is another system, as orders ask them. */
export async function paymentsUnderTest(t: Cleanup, options: { slowness?: number } = {}) {
  const { simulated, provider, ledger } = await providerUnderTest(t, options);
  const under = await serviceUnderTest(t, service, { settings: { PAYMENT_PROVIDER_URL: simulated.url } });
  const { database, publish } = under.parts;
  const transaction = groupTransactions(database);
  const addIntent = groupCommit({ write: (intents: readonly NewIntent[]) => addIntents(database, intents) });
  const orders = under.service();
  return {
    ...under,
    provider,
    ledger,
    /** The use cases again, with another view of the provider: one that is away, or slow at the wrong moment. */
    withProvider: (other: Partial<PaymentProvider>) => {
      const needs = { database, transaction, addIntent, publish, provider: { ...provider, ...other } };
      return { charge: chargePayment(needs), refund: refundPayment(needs) };
    },
    charge: ({ orderId, ...body }: ChargeRequest, key: string) =>
      orders.chargePayment({ params: { orderId }, key, body }),
    refund: (orderId: string) => orders.refundPayment({ params: { orderId } }),
    status: async (orderId: string) => (await knownPayment(database, orderId)).status,
    events: async () => (await under.published()).map(({ type, body }) => [type, body]),
  };
}
