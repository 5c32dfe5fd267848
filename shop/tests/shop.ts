import { type Environment, newId, systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, type InProcess, startInProcess } from "@flotilla/chassis/testing";
import type { Broker } from "../../chassis/src/messaging/broker.ts";
import { rabbitmqBroker } from "../../chassis/src/messaging/rabbitmq/rabbitmq-broker.ts";
import { nameOf } from "../../chassis/src/topology/system.ts";
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
