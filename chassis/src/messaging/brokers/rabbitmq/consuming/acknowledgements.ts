import type { Channel } from "amqplib";

/** Says to the broker what is done, for several deliveries at once where it can: each word costs the broker a write. */
export type Acknowledgements = {
  add(deliveryTag: number): void;
  /** Says at once what has not been said yet. Throws when the channel is closed. */
  flush(): void;
};

/** Milliseconds that a delivery waits for those before it, so that one word is enough for all. */
const PATIENCE = 20;

/** Makes the acknowledgements of a channel. `onTrouble` is called when the channel takes no more. */
export function createAcknowledgements(channel: Channel, onTrouble: () => void): Acknowledgements {
  const done = new Set<number>();
  /** All before it have been acknowledged. */
  let next = 1;
  /** Those behind `next` that were acknowledged one by one. */
  const ahead = new Set<number>();
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;

  const say = (deliveryTag: number, allUpTo: boolean) =>
    channel.ack({ fields: { deliveryTag } } as Parameters<Channel["ack"]>[0], allUpTo);

  function sayTogether(): void {
    let last: number | undefined;
    for (; done.has(next) || ahead.has(next); next++) {
      if (done.delete(next)) last = next;
      else ahead.delete(next);
    }
    if (last !== undefined) say(last, true);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    sayTogether();
    for (const deliveryTag of done) {
      say(deliveryTag, false);
      ahead.add(deliveryTag);
    }
    done.clear();
  }

  const safely = (work: () => void) => () => {
    try {
      work();
    } catch {
      onTrouble();
    }
  };
  const soon = safely(() => {
    scheduled = false;
    sayTogether();
    if (done.size > 0) timer ??= setTimeout(safely(flush), PATIENCE);
  });

  return {
    add(deliveryTag) {
      done.add(deliveryTag);
      if (scheduled) return;
      scheduled = true;
      setImmediate(soon);
    },
    flush,
  };
}
