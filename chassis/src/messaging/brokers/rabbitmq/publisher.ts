import type { ChannelModel } from "amqplib";
import type { Clock } from "../../../core/clock.ts";
import { unavailable } from "../../../core/failure/failure.ts";
import type { Log } from "../../../telemetry/log.ts";
import { unsendable } from "../../envelope.ts";
import type { Message } from "../../message.ts";
import type { Audience, BrokerState, Published } from "../broker.ts";
import { byConsumer } from "../by-consumer.ts";
import { answerWithin } from "./answer-within.ts";
import { type ConfirmingChannel, openConfirmingChannel } from "./confirming-channel.ts";
import { declareConsumers, withdrawTypes } from "./declare.ts";
import { createKnownConsumers } from "./known-consumers.ts";
import { keepLinked } from "./link.ts";
import { laneOf, type Names, partitionOf } from "./names.ts";

/** The side of the broker that messages are handed to. */
export type Publisher = {
  declare(audience: Audience): Promise<void>;
  withdraw(consumer: string, types: readonly string[]): Promise<void>;
  publish(messages: readonly Message[]): Promise<Published[]>;
  state(): BrokerState;
  close(): Promise<void>;
};

export type PublisherOptions = {
  urls: readonly string[];
  name: string;
  names: Names;
  /** The user who publishes, for the broker to vouch for. */
  userId: string | undefined;
  clock: Clock;
  log: Log;
};

/** Milliseconds after which an answer that did not come is given up: shorter than the relay's claim. */
const LONGEST_ANSWER = 10_000;

/**
 * Publishes with confirms, to the exchange of all events: which consumers want a message, the broker knows. When it has lost that, as a vhost
 * that was made anew has, the consumers that were heard of are declared before anything more is published. One message of a
 * lane is under way at a time: what is behind one that failed is never sent.
 */
export function createPublisher({ urls, name, names, userId, clock, log }: PublisherOptions): Publisher {
  let opening: Promise<ConfirmingChannel> | undefined;
  let listening: Promise<void> | undefined;
  /** Whether the last messages were taken, as far as is known: a broker that answers may refuse all the same. */
  let works = true;
  const known = createKnownConsumers(names, clock);
  const onConnect = (connection: ChannelModel) => {
    works = true;
    listening = known
      .listen(connection)
      .catch((err: unknown) => log.warn({ err }, "consumers can't be heard of for now"));
  };
  const link = keepLinked({ urls, name, clock, log, onConnect });

  function opened(): Promise<ConfirmingChannel> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function open(): Promise<ConfirmingChannel> {
    const connection = await link.connected();
    await listening;
    await known.restore(connection);
    const onClose = () => {
      opening = undefined;
    };
    return openConfirmingChannel(connection, { exchange: names.events, log, onClose });
  }

  /** Declares the consumers that want a type; resolves with whether there are any. */
  async function declareWanting(type: string): Promise<boolean> {
    const wanting = known.wanting(type);
    await declareConsumers(await link.connected(), names, wanting);
    return wanting.size > 0;
  }

  async function publish(messages: readonly Message[]): Promise<Published[]> {
    if (messages.length === 0) return [];
    const channel = await opened();
    const results = new Array<Published>(messages.length);
    const publishThis = (message: Message) => publishOne(message, { channel, names, userId, declareWanting });
    await Promise.all(inLanes(messages).map((lane) => inTurn(lane, results, publishThis)));
    return results;
  }

  /** A broker that does not answer in time gets another connection. */
  const answered = <T>(work: Promise<T>): Promise<T> =>
    unavailableOnTrouble(answerWithin(clock, LONGEST_ANSWER, work, link.reset));

  return {
    async declare(audience) {
      await answered(link.connected().then((connection) => declareConsumers(connection, names, byConsumer(audience))));
    },
    withdraw: (consumer, types) =>
      answered(link.connected().then((connection) => withdrawTypes(connection, names, consumer, types))),
    async publish(messages) {
      const publishing = answered(publish(messages));
      works = await publishing.then(
        () => true,
        () => false,
      );
      return publishing;
    },
    state: () => (works || link.state() !== "connected" ? link.state() : "away"),
    close: () => link.close(),
  };
}

type Publishing = Pick<PublisherOptions, "names" | "userId"> & {
  channel: ConfirmingChannel;
  declareWanting(type: string): Promise<boolean>;
};

async function publishOne(
  message: Message,
  { channel, names, userId, declareWanting }: Publishing,
): Promise<Published> {
  const { id: messageId, type, source: appId } = message;
  const about = { messageId, type, appId, ...(userId === undefined ? {} : { userId }) };
  const content = Buffer.from(JSON.stringify(message));
  const refused = unsendable(message, content.length);
  if (refused) return { failed: refused };
  const send = () => channel.send(names.events, `${type}.${partitionOf(laneOf(message))}`, content, about);
  const outcome = await send();
  // One that comes back has no consumer: no service wants events of its type, or what was declared is lost.
  const last = outcome === "returned" && (await declareWanting(type)) ? await send() : outcome;
  return last === "refused" ? { failed: "the broker refused it", held: true } : "confirmed";
}

type Place = { message: Message; index: number };

/** One after the other; what is behind one that failed is not sent. */
async function inTurn(lane: Place[], results: Published[], publishOne: (message: Message) => Promise<Published>) {
  let failed = false;
  for (const { message, index } of lane) {
    const result = failed ? { failed: "an earlier event of its key failed" } : await publishOne(message);
    if (result !== "confirmed") failed = true;
    results[index] = result;
  }
}

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

/** Whatever goes wrong between us and the broker leaves the outcome unknown. */
async function unavailableOnTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unavailable.is(error) ? error : unavailable.failure({ cause: error });
  }
}
