import type { Channel, ChannelModel } from "amqplib";
import type { Clock } from "../../../../core/clock.ts";
import { newId } from "../../../../core/id.ts";
import type { Log } from "../../../../telemetry/log.ts";
import { startLoop } from "../../../loop.ts";
import type { BrokerSubscription } from "../../broker.ts";
import { answerWithin } from "../answer-within.ts";
import { closeChannel } from "../close-channel.ts";
import { bindConsumer, declareConsumers } from "../declare.ts";
import { type Names, PARTITIONS } from "../names.ts";
import { consumeBeside } from "./consume-beside.ts";
import { createIntake, type Intake } from "./intake.ts";
import { openPartition, type Partition } from "./partition.ts";
import { joinReplicas, type Replicas } from "./replicas.ts";

/** A subscription that is being served from RabbitMQ. */
export type Served = {
  /** Resolves when it is served for the first time. */
  readonly ready: Promise<void>;
  /** Whether it could be served when that was tried last. */
  works(): boolean;
  /** Looks at once whether there is a connection, and whether the share of the work has changed. */
  wake(): void;
  /** Takes no more; resolves when those under way have ended and are settled. */
  stop(): Promise<void>;
  /** Lets go at once, as a crash would. */
  abandon(): void;
};

export type ServeOptions = {
  subscription: BrokerSubscription;
  names: Names;
  /** Whether the broker vouches for who published a message. */
  checkUser: boolean;
  clock: Clock;
  log: Log;
  /** The connection there is right now. */
  connection(): ChannelModel | undefined;
  /** Cuts it: the broker does not answer. */
  reset(): void;
};

/** What is there as long as nothing goes wrong on a connection; after that all of it is made anew. */
type Session = {
  readonly connection: ChannelModel;
  readonly replicas: Replicas & { readonly channel: Channel };
  readonly partitions: Map<number, Partition>;
  /**
   * How many messages of a queue are held, where they were so large that fewer than usual are. It stays so as long as the session: to read a
   * queue anew for more could let what is behind overtake what is on its way.
   */
  readonly prefetches: Map<number, number>;
  readonly broken: AbortSignal;
  /** To be called when a part of it was lost. */
  breakOff(): void;
  close(): Promise<void>;
};

/** Messages of a queue that are held without being settled: those behind a slow key must not hold up others. */
const PREFETCH = 1_000;

/** About so many bytes of a queue are held at most. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Milliseconds that the broker has for its answers when queues are taken up. */
const LONGEST_ANSWER = 15_000;

/** Milliseconds between signs of life of a replica. */
const BEAT = 1_000;

/** Serves a subscription: takes its share of the queues, and takes everything up again after whatever goes wrong. */
export function serve(options: ServeOptions): Served {
  const { subscription, clock, log } = options;
  const id = newId();
  const intake = createIntake({ subscription, checkUser: options.checkUser, clock, log });
  const ready = Promise.withResolvers<void>();
  let session: Session | undefined;

  async function round(): Promise<boolean> {
    const connection = options.connection();
    if (session && (session.broken.aborted || session.connection !== connection)) {
      await session.close();
      session = undefined;
    }
    if (connection) await answerWithin(clock, LONGEST_ANSWER, takeUp(connection), options.reset);
    return false;
  }

  async function takeUp(connection: ChannelModel): Promise<void> {
    session ??= await openSession(options, connection, id, intake, () => loop.wake());
    session.replicas.beat();
    await bindConsumer(session.replicas.channel, options.names, subscription);
    await takeShare(options, session, intake, () => loop.wake());
    ready.resolve();
  }

  const loop = startLoop({ name: `serve ${subscription.consumer}`, clock, log, interval: BEAT, round });
  return {
    ready: ready.promise,
    works: () => !loop.failing(),
    wake: loop.wake,
    async stop() {
      intake.halt();
      await loop.stop();
      await intake.drained();
      await session?.close();
    },
    abandon() {
      intake.halt();
      void loop.stop();
    },
  };
}

async function openSession(
  { subscription, names, clock, log }: ServeOptions,
  connection: ChannelModel,
  id: string,
  intake: Intake,
  onTrouble: () => void,
): Promise<Session> {
  const { consumer, types } = subscription;
  const broken = new AbortController();
  const breakOff = () => {
    broken.abort();
    onTrouble();
  };
  await declareConsumers(connection, names, new Map([[consumer, types]]));
  const onLost = breakOff;
  const replicas = await joinReplicas({ connection, names, subscription, id, clock, onChange: onTrouble, onLost });
  const beside = [names.deadQueueOf(consumer), names.unroutedOf(consumer)].map((queue) =>
    consumeBeside({ connection, queue, intake, onLost: breakOff }),
  );
  const others = await Promise.all(beside);
  const partitions = new Map<number, Partition>();
  return {
    connection,
    replicas,
    partitions,
    prefetches: new Map(),
    broken: broken.signal,
    breakOff,
    async close() {
      broken.abort();
      try {
        replicas.leave();
      } catch (error) {
        log.debug({ err: error }, "the other replicas will notice by themselves");
      }
      await Promise.all([...partitions.values(), ...others].map((each) => each.release()));
      await closeChannel(replicas.channel);
    },
  };
}

/** Reads the queues that are this replica's and gives up those that are not. */
async function takeShare(options: ServeOptions, session: Session, intake: Intake, wake: () => void): Promise<void> {
  const { names, subscription } = options;
  const { connection, partitions, prefetches, replicas } = session;
  const share = replicas.share(PARTITIONS);
  for (const [number, partition] of partitions) {
    if (partition.gone()) partitions.delete(number);
    else if (partition.open() && !share.has(number)) void partition.release().finally(wake);
  }
  for (const number of share) {
    if (partitions.has(number) || session.broken.aborted) continue;
    const queue = names.queueOf(subscription.consumer, number);
    const partition = await openPartition({
      connection,
      queue,
      prefetch: prefetches.get(number) ?? PREFETCH,
      most: MOST_BYTES,
      onMessage: intake.take,
      onFull(messages) {
        prefetches.set(number, Math.ceil(messages / 2));
        wake();
      },
      // A queue that was deleted may still answer for a moment: what reads it then never hears of it again. So it is declared first.
      onLost: session.breakOff,
    });
    partitions.set(number, partition);
  }
}
