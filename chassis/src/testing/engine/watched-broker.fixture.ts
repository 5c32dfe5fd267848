import type { Broker } from "../../messaging/brokers/broker.ts";

/** The most bytes that may be handed over at once: what the relay aims at, and one message more. */
const MOST_BYTES = 9 * 1024 * 1024;

/** A broker that takes nothing for a while when it is told to, and notices when it is given more at once than it should be. */
export function watchedBroker(broker: Broker) {
  let refusing = 0;
  let fault: string | undefined;
  return {
    /** Takes nothing the next so many times. */
    refuse(times: number): void {
      refusing = times;
      fault = undefined;
    },
    fault: () => fault,
    broker: {
      ...broker,
      async publish(messages) {
        const bytes = messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
        if (bytes > MOST_BYTES) fault = `${bytes} bytes were handed over at once`;
        if (refusing === 0) return broker.publish(messages);
        refusing -= 1;
        // As a database says it that only reads for now.
        throw Object.assign(new Error("cannot execute INSERT in a read-only transaction"), { code: "25006" });
      },
    } satisfies Broker as Broker,
  };
}
