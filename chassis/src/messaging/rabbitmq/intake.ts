import type { ConsumeMessage } from "amqplib";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { BrokerSubscription, Delivery, Verdict } from "../broker.ts";
import { createLanes } from "../lanes.ts";
import { laneOf } from "./names.ts";
import { parseDelivery } from "./parse-delivery.ts";
import type { Partition } from "./partition.ts";

/** Takes what the queues hand over, and has it handled lane by lane. */
export type Intake = {
  /** Takes a message from a queue. A fault is why the broker gave it up. */
  take(message: ConsumeMessage, from: Partition, fault?: string): void;
  /** Begins no more messages. */
  halt(): void;
  /** Resolves when those under way have ended. To be halted before. */
  drained(): Promise<void>;
};

type Item = { lane: string; delivery: Delivery; raw: ConsumeMessage; from: Partition };

/** So many messages that were done are known, so that a repeat need not ask the database. */
const KNOWN = 20_000;

/** Makes the intake of a subscription. It outlives connections: a lane goes on only after what is under way in it. */
export function createIntake(options: {
  subscription: BrokerSubscription;
  /** Whether the broker vouches for who published a message. */
  checkUser: boolean;
  clock: Clock;
  log: Log;
}): Intake {
  const { subscription, clock, log } = options;
  const halted = new AbortController();
  const done = latestIds(KNOWN);
  /** Lanes whose first message waits for its next attempt. */
  const waiting = new Map<string, Item[]>();
  let faults = 0;

  const lanes = createLanes<Item>({
    concurrency: subscription.concurrency,
    async work(item) {
      const partition = item.from;
      // What was given up comes again, to whoever reads the queue now.
      if (!partition.open()) return true;
      const { id } = item.delivery.message;
      if (done.has(id)) {
        partition.settle(item.raw);
        return true;
      }
      const handling = handle(subscription, item.delivery, log);
      partition.track(handling);
      const verdict = await handling;
      if (verdict !== "done") {
        waitFor(item, verdict.retryIn);
        return false;
      }
      done.add(id);
      partition.settle(item.raw);
      return true;
    },
    drop: (items) => waiting.get((items[0] as Item).lane)?.splice(1, 0, ...items),
  });

  function waitFor(item: Item, milliseconds: number): void {
    const again = { ...item, delivery: { ...item.delivery, attempt: item.delivery.attempt + 1 } };
    waiting.set(item.lane, [again]);
    const goOn = () => {
      const items = waiting.get(item.lane) as Item[];
      waiting.delete(item.lane);
      lanes.add(items);
    };
    clock.sleep(milliseconds, halted.signal).then(goOn, () => {});
  }

  return {
    take(raw, from, fault) {
      const parsed = parseDelivery(raw, options.checkUser);
      const delivery = fault && !parsed.fault ? { ...parsed, fault } : parsed;
      const lane = delivery.fault ? `fault ${++faults}` : laneOf(delivery.message);
      const item = { lane, delivery, raw, from };
      const queue = waiting.get(lane);
      if (queue) queue.push(item);
      else lanes.add([item]);
    },
    halt() {
      halted.abort();
      lanes.halt();
    },
    async drained() {
      await lanes.drain();
    },
  };
}

/** Knows the `most` ids that were added last. */
function latestIds(most: number): Pick<Set<string>, "has"> & { add(id: string): void } {
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id);
      if (ids.size <= most) return;
      const [oldest] = ids;
      ids.delete(oldest as string);
    },
  };
}

async function handle(subscription: BrokerSubscription, delivery: Delivery, log: Log): Promise<Verdict> {
  try {
    return await subscription.handle(delivery);
  } catch (error) {
    log.error({ err: error, messageId: delivery.message.id }, "a handler threw although it never should");
    return { retryIn: 1_000 };
  }
}
