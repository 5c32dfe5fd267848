import { type Clock, systemClock } from "../../../core/clock.ts";
import { tooLargeFault } from "../../envelope.ts";
import type { Message } from "../../message.ts";
import { canonicalId } from "../../message-id.ts";
import type { Broker, BrokerSubscription, Delivery, Verdict } from "../broker.ts";
import { refusedFor } from "../message-refused.ts";

/** What all connections to one memory broker share: a queue for each consumer. */
export type MemoryQueues = Map<string, Queue>;

type Lane = { waiting: Delivery[] };
type Queue = { types: Set<string>; ids: Set<string>; lanes: Map<string, Lane>; ready: Lane[]; receivers: Receiver[] };
type Receiver = {
  subscription: BrokerSubscription;
  /** The lanes it works in, each with the work under way. */
  working: Map<Lane, Promise<void>>;
  /** Aborted when its broker is closed: nothing of it counts any more. */
  closed: AbortSignal;
};

/**
 * A broker inside the process, for tests: it keeps nothing when the process ends. Several brokers over the same `queues` behave
 * as connections of several processes.
 */
export function memoryBroker(options: { clock?: Clock; queues?: MemoryQueues } = {}): Broker {
  const { clock = systemClock, queues = new Map() as MemoryQueues } = options;
  const closing = new AbortController();
  const own = new Set<readonly [Queue, Receiver]>();
  return {
    async declare(audience) {
      for (const [type, consumers] of audience) {
        for (const consumer of consumers) queueOf(queues, consumer).types.add(type);
      }
    },
    async withdraw(consumer, types) {
      for (const type of types) queues.get(consumer)?.types.delete(type);
    },
    async publish(messages) {
      const texts = messages.map((message) => JSON.stringify(message));
      const fault = texts.map((text) => tooLargeFault(Buffer.byteLength(text))).find(Boolean);
      if (fault) throw refusedFor(fault);
      for (const queue of queues.values()) {
        for (const text of texts) enqueue(queue, JSON.parse(text));
        deliver(queue, clock);
      }
      return messages.map(() => "confirmed");
    },
    async subscribe(subscription) {
      const queue = queueOf(queues, subscription.consumer);
      for (const type of subscription.types) queue.types.add(type);
      const receiver: Receiver = { subscription, working: new Map(), closed: closing.signal };
      const entry = [queue, receiver] as const;
      own.add(entry);
      queue.receivers.push(receiver);
      deliver(queue, clock);
      return async () => {
        remove(queue, receiver);
        await Promise.all(receiver.working.values());
        own.delete(entry);
      };
    },
    state: () => "connected",
    async close() {
      closing.abort();
      for (const [queue, receiver] of own) abandon(queue, receiver, clock);
      own.clear();
    },
  };
}

function queueOf(queues: MemoryQueues, consumer: string): Queue {
  let queue = queues.get(consumer);
  if (!queue) {
    queue = { types: new Set(), ids: new Set(), lanes: new Map(), ready: [], receivers: [] };
    queues.set(consumer, queue);
  }
  return queue;
}

function enqueue(queue: Queue, message: Message): void {
  const id = canonicalId(message.id);
  if (!queue.types.has(message.type) || (id !== undefined && queue.ids.has(id))) return;
  if (id !== undefined) queue.ids.add(id);
  const delivery = { message, attempt: 1 };
  const name = `${message.source}:${message.key}`;
  const lane = queue.lanes.get(name);
  if (lane) {
    lane.waiting.push(delivery);
    return;
  }
  const fresh = { waiting: [delivery] };
  queue.lanes.set(name, fresh);
  queue.ready.push(fresh);
}

/** Gives the first message of each ready lane to the receiver that has the least to do. */
function deliver(queue: Queue, clock: Clock): void {
  while (queue.ready.length > 0) {
    const receiver = queue.receivers
      .filter(({ working, subscription }) => working.size < subscription.concurrency)
      .reduce<Receiver | undefined>((a, b) => (a && a.working.size <= b.working.size ? a : b), undefined);
    if (!receiver) return;
    const lane = queue.ready.shift() as Lane;
    receiver.working.set(lane, work(queue, receiver, lane, clock));
  }
}

async function work(queue: Queue, receiver: Receiver, lane: Lane, clock: Clock): Promise<void> {
  const delivery = lane.waiting[0] as Delivery;
  const verdict = await verdictOf(receiver.subscription, delivery);
  if (receiver.closed.aborted) return;
  receiver.working.delete(lane);
  if (verdict === "done") forget(queue, lane);
  else if (verdict === "unhandled") queue.ready.push(lane);
  else retry(queue, receiver, lane, verdict.retryIn, clock);
  deliver(queue, clock);
}

async function verdictOf(subscription: BrokerSubscription, delivery: Delivery): Promise<Verdict> {
  // Not before the caller of publish goes on: a real broker never answers sooner.
  await Promise.resolve();
  return subscription.handle(delivery).catch(() => ({ retryIn: 1_000 }));
}

function forget(queue: Queue, lane: Lane): void {
  const { message } = lane.waiting.shift() as Delivery;
  queue.ids.delete(canonicalId(message.id) ?? "");
  if (lane.waiting.length > 0) queue.ready.push(lane);
  else queue.lanes.delete(`${message.source}:${message.key}`);
}

function retry(queue: Queue, receiver: Receiver, lane: Lane, milliseconds: number, clock: Clock): void {
  const { message, attempt } = lane.waiting[0] as Delivery;
  // It was given back: its process lives.
  lane.waiting[0] = { message, attempt: attempt + 1 };
  const again = () => {
    queue.ready.push(lane);
    deliver(queue, clock);
  };
  clock.sleep(milliseconds, receiver.closed).then(again, again);
}

function remove(queue: Queue, receiver: Receiver): void {
  queue.receivers = queue.receivers.filter((other) => other !== receiver);
}

/** As if the receiver's process had died: what it was working at is delivered again. */
function abandon(queue: Queue, receiver: Receiver, clock: Clock): void {
  remove(queue, receiver);
  for (const lane of receiver.working.keys()) {
    lane.waiting[0] = { ...(lane.waiting[0] as Delivery), suspect: true };
    queue.ready.push(lane);
  }
  receiver.working.clear();
  deliver(queue, clock);
}
