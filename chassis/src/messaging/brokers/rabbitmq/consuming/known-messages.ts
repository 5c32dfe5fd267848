import { canonicalId } from "../../../message-id.ts";
import type { Delivery } from "../../broker.ts";

/** What a process knows of the messages that RabbitMQ has delivered to it, over all connections. */
export type KnownMessages = {
  /** The delivery as it is when that is known of before: with the attempts it had, and no suspect when this process was at it all the time. */
  recall(delivery: Delivery, isRedelivered: boolean): Delivery;
  /** The next attempt of one that has failed: so it did not end its process. */
  next(delivery: Delivery): Delivery;
  /** Its effects are there: a repeat need not ask the database. */
  done(delivery: Delivery): void;
  isDone(delivery: Delivery): boolean;
};

/** So many messages are known, of those that were done and of those that were not. */
const MOST = 20_000;

/** Makes it. What is no message with an id of its own is never known again. */
export function createKnownMessages(): KnownMessages {
  const finished = latest<true>();
  const unfinished = latest<Pick<Delivery, "attempt" | "suspect">>();
  const idOf = ({ message }: Delivery) => canonicalId(message.id);
  const note = ({ message, attempt, suspect }: Delivery) => {
    const id = canonicalId(message.id);
    if (id !== undefined) unfinished.set(id, { attempt, ...(suspect && { suspect }) });
  };
  return {
    recall(delivery, isRedelivered) {
      const before = unfinished.get(idOf(delivery));
      const recalled = before
        ? { ...delivery, ...before }
        : isRedelivered
          ? { ...delivery, suspect: true as const }
          : delivery;
      note(recalled);
      return recalled;
    },
    next({ suspect: _, attempt, ...rest }) {
      const delivery = { ...rest, attempt: attempt + 1 };
      note(delivery);
      return delivery;
    },
    done(delivery) {
      const id = idOf(delivery);
      if (id === undefined) return;
      unfinished.delete(id);
      finished.set(id, true);
    },
    isDone: (delivery) => finished.get(idOf(delivery)) !== undefined,
  };
}

/** A map that holds what was set last. */
function latest<Value>() {
  const values = new Map<string, Value>();
  return {
    get: (id: string | undefined) => (id === undefined ? undefined : values.get(id)),
    set(id: string, value: Value) {
      values.set(id, value);
      if (values.size <= MOST) return;
      const [oldest] = values.keys();
      values.delete(oldest as string);
    },
    delete: (id: string) => values.delete(id),
  };
}
