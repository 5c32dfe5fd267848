import type { ChannelModel, ConfirmChannel } from "amqplib";
import type { Clock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Audience, Published } from "../broker.ts";
import type { Message } from "../message.ts";
import { declareConsumer } from "./declare.ts";
import { keepLinked } from "./link.ts";
import { laneOf, type Names, partitionOf } from "./names.ts";

/** The side of the broker that messages are handed to. */
export type Publisher = {
  declare(audience: Audience): Promise<void>;
  publish(messages: readonly Message[]): Promise<Published[]>;
  healthy(): boolean;
  close(): Promise<void>;
};

export type PublisherOptions = { urls: readonly string[]; name: string; names: Names; clock: Clock; log: Log };

/** What the broker did with one copy of a message. */
type Outcome = "confirmed" | "returned" | "refused";

/** Milliseconds after which a confirm that did not come is given up: shorter than the relay's claim. */
const LONGEST_CONFIRM = 10_000;

type Open = { channel: ConfirmChannel; returned: Set<string> };

/**
 * Publishes with confirms. A message goes to each declared consumer by name, so that one whose queue or binding is gone is noticed
 * although others were served; messages of types that nobody declared go to the exchange of all events. One message of a
 * lane is under way at a time: what is behind one that failed is never sent.
 */
export function createPublisher({ urls, name, names, clock, log }: PublisherOptions): Publisher {
  const declared = new Map<string, readonly string[]>();
  let opening: Promise<Open> | undefined;
  let number = 0;
  const link = keepLinked({ urls, name, clock, log, onConnect: () => {} });

  function opened(): Promise<Open> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function open(): Promise<Open> {
    const connection = await link.connected();
    const channel = await connection.createConfirmChannel();
    const returned = new Set<string>();
    const forget = () => {
      opening = undefined;
    };
    channel.on("error", (error) => log.warn({ err: error }, "the channel for publishing failed"));
    channel.on("close", forget);
    channel.on("return", ({ properties }) => returned.add(String(properties.correlationId)));
    await channel.assertExchange(names.events, "topic");
    await declareAll(connection);
    return { channel, returned };
  }

  const declareAll = async (connection: ChannelModel) => {
    for (const [consumer, types] of byConsumer(declared)) await declareConsumer(connection, names, consumer, types);
  };

  /** Resolves when the broker has said what became of it; throws `unavailable` when it never does. */
  async function send({ channel, returned }: Open, exchange: string, message: Message): Promise<Outcome> {
    const correlationId = String(++number);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const content = Buffer.from(JSON.stringify(message));
    const properties = { persistent: true, mandatory: true, contentType: "application/json", correlationId };
    const about = { messageId: message.id, type: message.type, appId: message.source };
    const key = `${message.type}.${partitionOf(laneOf(message))}`;
    channel.publish(exchange, key, content, { ...properties, ...about }, (error: Error | null) => {
      if (!error) resolve(returned.delete(correlationId) ? "returned" : "confirmed");
      else if (error.message === "message nacked") resolve("refused");
      else reject(unavailable.failure({ cause: error }));
    });
    return promise;
  }

  async function publishOne(channel: Open, message: Message): Promise<Published> {
    const consumers = declared.get(message.type) ?? [];
    if (consumers.length === 0) {
      const outcome = await send(channel, names.events, message);
      return outcome === "refused" ? { failed: "the broker refused it" } : "confirmed";
    }
    const outcomes = await Promise.all(consumers.map((consumer) => send(channel, names.exchangeOf(consumer), message)));
    const missed = consumers.filter((_, index) => outcomes[index] !== "confirmed");
    if (missed.length === 0) return "confirmed";
    log.warn({ messageId: message.id, type: message.type, consumers: missed, outcomes }, "a message was not taken");
    return { failed: `the broker had no place for it in the queues of ${missed.join(", ")}` };
  }

  async function publishLane(channel: Open, lane: Place[], results: Published[]): Promise<void> {
    let failed = false;
    for (const { message, index } of lane) {
      const result = failed ? { failed: "an earlier event of its key failed" } : await publishOne(channel, message);
      if (result !== "confirmed") failed = true;
      results[index] = result;
    }
  }

  return {
    async declare(audience) {
      for (const [type, consumers] of audience) declared.set(type, consumers);
      await unavailableOnTrouble(async () => declareAll(await link.connected()));
    },
    publish: (messages) =>
      unavailableOnTrouble(async () => {
        if (messages.length === 0) return [];
        const channel = await opened();
        const results = new Array<Published>(messages.length);
        const lanes = inLanes(messages).map((lane) => publishLane(channel, lane, results));
        await within(clock, LONGEST_CONFIRM, Promise.all(lanes), () => link.reset());
        if (results.some((result) => result !== "confirmed")) await declareAll(await link.connected());
        return results;
      }),
    healthy: () => link.healthy(),
    close: () => link.close(),
  };
}

type Place = { message: Message; index: number };

function inLanes(messages: readonly Message[]): Place[][] {
  const lanes = new Map<string, Place[]>();
  for (const [index, message] of messages.entries()) {
    const lane = laneOf(message);
    const places = lanes.get(lane);
    if (places) places.push({ message, index });
    else lanes.set(lane, [{ message, index }]);
  }
  return [...lanes.values()];
}

function byConsumer(audience: Audience): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const [type, names] of audience) {
    for (const name of names) consumers.set(name, [...(consumers.get(name) ?? []), type]);
  }
  return consumers;
}

/** Whatever goes wrong between us and the broker leaves the outcome unknown. */
async function unavailableOnTrouble<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable.is(error) ? error : unavailable.failure({ cause: error });
  }
}

async function within(clock: Clock, milliseconds: number, work: Promise<unknown>, onLate: () => void): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(milliseconds, done.signal).then(
    () => {
      onLate();
      throw unavailable.failure({ cause: new Error(`RabbitMQ confirmed nothing within ${milliseconds} ms`) });
    },
    () => {},
  );
  try {
    await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}
