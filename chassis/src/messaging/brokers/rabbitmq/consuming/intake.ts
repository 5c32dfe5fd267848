import type { ConsumeMessage } from "amqplib";
import type { Clock } from "../../../../core/clock.ts";
import type { Log } from "../../../../telemetry/log.ts";
import type { BrokerSubscription, Delivery, Verdict } from "../../broker.ts";
import { createLanes } from "../../lanes.ts";
import { laneOf } from "../names.ts";
import { createKnownMessages } from "./known-messages.ts";
import { parseDelivery } from "./parse-delivery.ts";
import type { Partition } from "./partition.ts";

/** Takes what the queues hand over, and has it handled lane by lane. */
export type Intake = {
  /** Takes a message from a queue. */
  take(message: ConsumeMessage, from: Partition): void;
  /** Begins no more messages. */
  halt(): void;
  /** Resolves when those under way have ended. To be halted before. */
  drained(): Promise<void>;
};

type Item = { lane: string; delivery: Delivery; tag: number; from: Partition };

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
  const known = createKnownMessages();
  /** Lanes whose first message waits for its next attempt. */
  const waiting = new Map<string, Item[]>();
  let faults = 0;

  const lanes = createLanes<Item>({
    concurrency: subscription.concurrency,
    async work(item) {
      const partition = item.from;
      // What was given up comes again, to whoever reads the queue now.
      if (!partition.open()) return true;
      if (known.isDone(item.delivery)) {
        partition.settle(item.tag);
        return true;
      }
      const handling = handle(subscription, item.delivery, log);
      partition.track(handling);
      const verdict = await handling;
      if (verdict === "done") {
        known.done(item.delivery);
        partition.settle(item.tag);
        return true;
      }
      // One that is unhandled is not settled: its queue gives it to whoever reads that next.
      if (verdict !== "unhandled") waitFor(item, verdict.retryIn);
      return false;
    },
    drop: (items) => waiting.get((items[0] as Item).lane)?.splice(1, 0, ...items),
  });

  function waitFor(item: Item, milliseconds: number): void {
    waiting.set(item.lane, [{ ...item, delivery: known.next(item.delivery) }]);
    const goOn = () => {
      const items = waiting.get(item.lane) as Item[];
      waiting.delete(item.lane);
      lanes.add(items);
    };
    clock.sleep(milliseconds, halted.signal).then(goOn, () => {});
  }

  return {
    take(raw, from) {
      const { redelivered, deliveryTag: tag } = raw.fields;
      const delivery = known.recall(parseDelivery(raw, options.checkUser), redelivered);
      const lane = delivery.fault ? `fault ${++faults}` : laneOf(delivery.message);
      const item = { lane, delivery, tag, from };
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

async function handle(subscription: BrokerSubscription, delivery: Delivery, log: Log): Promise<Verdict> {
  try {
    return await subscription.handle(delivery);
  } catch (error) {
    log.error({ err: error, messageId: delivery.message.id }, "a handler threw although it never should");
    return { retryIn: 1_000 };
  }
}
