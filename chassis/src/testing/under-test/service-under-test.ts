import type { TObject } from "typebox";
import { newContext } from "../../context/context.ts";
import { formatTraceparent } from "../../context/trace-context.ts";
import { type Contract, publisherOf } from "../../contract/contract.ts";
import type { Event } from "../../contract/event.ts";
import type { Environment } from "../../core/configuration/config.ts";
import { newId } from "../../core/id.ts";
import type { Database } from "../../database/database.ts";
import type { Message } from "../../messaging/message.ts";
import type { DeclaredCalls, ServiceDefinition } from "../../service/definition.ts";
import type { Cleanup } from "../file-cleanup.ts";
import { type Inside, lookInside } from "./look-inside.ts";
import { hangs, isUnavailable, type NeighbourRequests, type NeighboursOf } from "./neighbours.ts";
import { createReplica, type ReplicaUnderTest } from "./replica.ts";
import { type SurroundingsOptions, testSurroundings } from "./surroundings.ts";

export type { NeighboursOf };
export { hangs, isUnavailable };

/** What became of a message. */
export type Consumed = "handled" | { readonly parked: string };

/** A service that runs by itself, and what a test does with it. */
export type ServiceUnderTest<
  C extends Contract,
  Config extends TObject = TObject,
  Calls extends DeclaredCalls = DeclaredCalls,
> = ReplicaUnderTest<C, Config, Calls> &
  Inside & {
    /** Its database, on connections of the test. */
    readonly database: Database;
    /**
     * Lets the service consume an event; resolves when it has been handled, or parked with its cause. What fails is tried again at once, five times in
     * all. `envelope` changes what is around the body: the `id` to deliver a message twice, the `version` for an earlier one.
     */
    publish<Body>(
      event: Event<Body>,
      body: Body,
      envelope?: Partial<Omit<Message, "type" | "body">>,
    ): Promise<Consumed>;
    /** What its neighbours were asked: `requests.payments.chargePayment[0]?.key`. */
    readonly requests: NeighbourRequests<Calls>;
    /** Starts another replica, on the same database and with the same neighbours. */
    replica(settings?: Environment): Promise<ReplicaUnderTest<C, Config, Calls>>;
  };

/**
 * Starts a service in this process for one test: on a real database, over HTTP, with a broker in memory and fakes in place of its neighbours.
 * Everything ends with the test. What a test forgot (a call without a fake) makes it fail, at the latest at its end.
 */
export async function serviceUnderTest<C extends Contract, Config extends TObject, Calls extends DeclaredCalls>(
  t: Cleanup,
  service: ServiceDefinition<C, Config, Calls>,
  options: SurroundingsOptions<Calls> = {},
): Promise<ServiceUnderTest<C, Config, Calls>> {
  const replicas: ReplicaUnderTest<C, Config, Calls>[] = [];
  const around = await testSurroundings(t, service as unknown as ServiceDefinition, {
    ...(options as SurroundingsOptions<DeclaredCalls>),
    serviceUrl: () => replicas[0]?.url,
  });
  const { database, broker, clock, faults } = around;
  t.after(async () => {
    await Promise.all(replicas.map((each) => each.stop()));
    await around.close();
  });

  async function replica(settings?: Environment) {
    const made = createReplica(service, around);
    replicas.push(made);
    await made.restart(settings);
    return made;
  }

  async function publish<Body>(event: Event<Body>, body: Body, envelope: Partial<Message> = {}): Promise<Consumed> {
    const name = service.contract.service;
    if (!broker.types().has(event.type)) throw new Error(`${name} does not consume ${event.type}`);
    const message: Message = {
      id: newId(),
      version: event.version,
      key: String((body as Record<string, unknown>)[event.key]),
      source: publisherOf(event) ?? "the test",
      time: clock.now().toISOString(),
      requestId: newId(),
      traceparent: formatTraceparent(newContext().trace),
      ...envelope,
      type: event.type,
      body,
    };
    const done = broker.done(message.id);
    await broker.publish([message]);
    await faults.orFault(done);
    const [letter] = await database.query<{ cause: string }>("select cause from dead_letter where message_id = $1", [
      message.id,
    ]);
    return letter ? { parked: letter.cause } : "handled";
  }

  const first = await replica();
  const inside = lookInside(database, service.contract, faults);
  const others = { ...inside, database, publish, replica, requests: around.requests as NeighbourRequests<Calls> };
  // The getters of the replica stay getters.
  return Object.defineProperties(others, Object.getOwnPropertyDescriptors(first)) as ServiceUnderTest<C, Config, Calls>;
}
