import { systemClock } from "@flotilla/chassis/core/clock";
import type { Environment } from "@flotilla/chassis/core/config";
import { newId } from "@flotilla/chassis/core/id";
import type { Broker } from "@flotilla/chassis/messaging/broker";
import { rabbitmqBroker } from "@flotilla/chassis/messaging/rabbitmq";
import { createLog } from "@flotilla/chassis/telemetry/log";
import { type InProcess, startInProcess } from "@flotilla/chassis/testing/in-process";
import type { Cleanup } from "@flotilla/chassis/testing/postgres";
import { nameOf } from "@flotilla/chassis/topology/system";
import { system } from "./system.ts";
import { brokerUrlOfTests } from "./test-broker.ts";
import { Visitor } from "./visitor.ts";

const administrator = { email: "admin@shop.example", password: "correct horse battery" };

/** Settings that only one service has. */
const settings: Readonly<Record<string, Environment>> = {
  users: { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
};

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
  const configured = system.definitions.map((service) => {
    const name = nameOf(service);
    return { service, environment: { ...settings[name], ...environment[name] } };
  });
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
