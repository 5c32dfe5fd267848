import { systemClock } from "@flotilla/chassis/core/clock";
import type { Environment } from "@flotilla/chassis/core/config";
import { newId } from "@flotilla/chassis/core/id";
import type { Broker } from "@flotilla/chassis/messaging/broker";
import { rabbitmqBroker } from "@flotilla/chassis/messaging/rabbitmq";
import { startService } from "@flotilla/chassis/service/host";
import { createLog } from "@flotilla/chassis/telemetry/log";
import { type InProcess, type InProcessService, startInProcess } from "@flotilla/chassis/testing/in-process";
import type { Cleanup } from "@flotilla/chassis/testing/postgres";
import { service as email } from "../email/src/service.ts";
import { startGateway } from "../gateway/src/service.ts";
import { service as inventory } from "../inventory/src/service.ts";
import { service as notifications } from "../notifications/src/service.ts";
import { service as orders } from "../orders/src/service.ts";
import { service as payments } from "../payments/src/service.ts";
import { service as products } from "../products/src/service.ts";
import { service as users } from "../users/src/service.ts";
import { brokerUrlOfTests } from "./test-broker.ts";
import { Visitor } from "./visitor.ts";

const administrator = { email: "admin@shop.example", password: "correct horse battery" };

const services: readonly InProcessService[] = [
  {
    name: "users",
    environment: { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
    start: (surroundings) => startService(users, surroundings),
  },
  { name: "products", start: (surroundings) => startService(products, surroundings) },
  { name: "inventory", start: (surroundings) => startService(inventory, surroundings) },
  { name: "orders", start: (surroundings) => startService(orders, surroundings) },
  { name: "payments", start: (surroundings) => startService(payments, surroundings) },
  { name: "email", start: (surroundings) => startService(email, surroundings) },
  { name: "notifications", start: (surroundings) => startService(notifications, surroundings) },
  { name: "gateway", start: (surroundings) => startGateway(surroundings) },
];

/** The whole shop in this process, seen through its gateway. */
export type Shop = InProcess & {
  /** Somebody who is not signed in. */
  visitor(): Visitor;
  /** A new customer, signed in. */
  customer(name?: string): Promise<Visitor>;
  admin: Visitor;
};

export type ShopOptions = {
  /** Settings of single services, by their names. */
  environment?: Record<string, Environment>;
  broker?: Broker;
  /** Gets every line that is logged. */
  log?: { write(line: string): void };
};

/** Starts the whole shop for a test (or a file's tests); it stops when they end. */
export async function startShop(t: Cleanup, { environment = {}, broker, log }: ShopOptions = {}): Promise<Shop> {
  const configured = services.map((service) => ({
    ...service,
    environment: { ...service.environment, ...environment[service.name] },
  }));
  const running = await startInProcess(t, configured, broker ?? (await brokerOfTests()), log);
  const visitor = () => new Visitor(running.url("gateway"));
  const admin = await visitor().signIn(administrator);
  let customers = 0;
  return {
    ...running,
    visitor,
    admin,
    customer: (name = "Ann") => visitor().register(name, `${name.toLowerCase()}-${++customers}@mail.example`),
  };
}

/** The broker of TEST_BROKER, in memory unless it asks for RabbitMQ. */
async function brokerOfTests(): Promise<Broker | undefined> {
  const url = await brokerUrlOfTests(newId());
  const log = createLog({ service: "broker", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
  return url === undefined ? undefined : rabbitmqBroker({ url, clock: systemClock, log });
}
