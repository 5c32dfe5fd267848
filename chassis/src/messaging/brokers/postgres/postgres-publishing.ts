import type { Clock } from "../../../core/clock.ts";
import { unavailable } from "../../../core/failure/failure.ts";
import type { Database } from "../../../database/database.ts";
import type { Log } from "../../../telemetry/log.ts";
import { startLoop } from "../../loop.ts";
import type { Message } from "../../message.ts";
import { tookTooLong } from "../../took-too-long.ts";
import type { Published } from "../broker.ts";
import { publishFailure } from "./postgres-broker-failure.ts";
import { storeMessages } from "./postgres-broker-store.ts";

/** The side of the embedded broker that messages are handed to. */
export type PostgresPublishing = {
  publish(messages: readonly Message[]): Promise<Published[]>;
  /** Whether it takes messages, as far as is known. */
  works(): boolean;
  stop(): void;
};

/** Milliseconds between looks whether it takes messages. */
const PROBE = 2_000;

/** Makes it. Where nothing is published it finds out as well when the broker is of no use, and when it is well again. */
export function createPostgresPublishing(options: { database: Database; clock: Clock; log: Log }): PostgresPublishing {
  const { database, clock, log } = options;
  let works = true;
  const probe = startLoop({
    name: "probe the broker",
    clock,
    log,
    interval: PROBE,
    async round() {
      // What publishing needs, without a message.
      works = await storeMessages(database, []).then(
        () => true,
        () => false,
      );
      return false;
    },
  });
  return {
    async publish(messages) {
      if (messages.length === 0) return [];
      try {
        await storeMessages(database, messages);
        works = true;
      } catch (error) {
        const failure = publishFailure(error);
        if (unavailable.is(failure) && !tookTooLong(failure)) works = false;
        throw failure;
      }
      return messages.map(() => "confirmed");
    },
    works: () => works,
    stop: () => void probe.stop(),
  };
}
