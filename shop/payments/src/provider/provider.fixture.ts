import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { connectProvider } from "./provider-client.ts";
import { startSimulatedProvider } from "./simulated-provider.ts";

/** A real simulated provider with a ledger on a database of its own, and a client of it. */
export async function providerUnderTest(t: Cleanup, { slowness = 20 }: { slowness?: number } = {}) {
  const { url: databaseUrl, database } = await testDatabase(t);
  const log = createLog({ service: "test", level: "silent" });
  const simulated = await startSimulatedProvider({ databaseUrl, log, slowness });
  await simulated.prepareLedger();
  const provider = connectProvider(simulated.url);
  t.after(async () => {
    await provider.close();
    await simulated.close();
  });
  return {
    databaseUrl,
    log,
    simulated,
    provider,
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
