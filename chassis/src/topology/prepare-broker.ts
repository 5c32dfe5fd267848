import { systemClock } from "../core/clock.ts";
import { openDatabase } from "../database/database.ts";
import type { Audience } from "../messaging/brokers/broker.ts";
import { type BrokerRole, grantMessaging } from "../messaging/brokers/broker-rights.ts";
import { byConsumer } from "../messaging/brokers/by-consumer.ts";
import { connectBroker } from "../messaging/brokers/connect-broker.ts";
import { migrateBroker } from "../messaging/brokers/postgres/migrate-broker.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { readJson, writePrivateJson } from "./keys/private-file.ts";

/** What a broker has to know of a system before its services start. */
export type BrokerPlan = {
  /** The services' roles, where each has one of its own in the embedded broker. */
  readonly roles: readonly BrokerRole[];
  /** Which consumer wants what: from now on it is kept for them, so that nothing is lost that is published before they are up. */
  readonly subscriptions: Audience;
};

/**
 * Makes a broker ready for a system: its tables, where services may use but not make them; who may do what; and who wants what. A consumer
 * that the plan before had in `planFile`, and that is not there any more, gets nothing from now on; resolves with the names of such consumers.
 */
export async function prepareBroker(url: string, plan: BrokerPlan, planFile: string): Promise<string[]> {
  const wanted = byConsumer(plan.subscriptions);
  const before = ((await readJson(planFile)) ?? {}) as Record<string, string[]>;
  const gone = Object.entries(before).filter(([consumer]) => !wanted.has(consumer));
  const log = createLog({ service: "supervisor", level: "silent" });
  if (/^postgres(ql)?:/i.test(url)) await prepareTables(url, plan.roles, log);
  const broker = await connectBroker(url, { name: "supervisor", clock: systemClock, log });
  try {
    await broker.declare(plan.subscriptions);
    for (const [consumer, types] of gone) await broker.withdraw(consumer, types);
  } finally {
    await broker.close();
  }
  await writePrivateJson(planFile, Object.fromEntries(wanted));
  return gone.map(([consumer]) => consumer);
}

async function prepareTables(url: string, roles: readonly BrokerRole[], log: Log): Promise<void> {
  const database = openDatabase({ url, name: "supervisor", log });
  try {
    await migrateBroker(database);
    await grantMessaging(database, roles);
  } finally {
    await database.close();
  }
}
