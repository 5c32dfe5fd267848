import type { Message } from "../../message.ts";

/**
 * Queues of each consumer. A key's messages are all in one of them, and one replica at a time reads it: so many replicas can share the
 * work. Publishers and consumers must agree on the number.
 */
export const PARTITIONS = 4;

/** The names of everything on the broker, below the name of the exchange that events are published to. */
export type Names = {
  /** The topic exchange of all events; routing keys are `order.confirmed.3`: type and partition. */
  readonly events: string;
  /** The topic exchange of one consumer, before its queues; and the one that an earlier release had in its place. */
  exchangeOf(consumer: string): string;
  formerExchangeOf(consumer: string): string;
  /** Where a message of a consumer goes that finds none of its queues: an exchange, and a queue. */
  unroutedOf(consumer: string): string;
  queueOf(consumer: string, partition: number): string;
  /** Where the broker puts what was delivered too often: an exchange for all, a queue for each consumer. */
  readonly dead: string;
  deadQueueOf(consumer: string): string;
  /** A queue that is deleted as soon as it is there. */
  passing(id: string): string;
  /** The fanout exchange over which the replicas of a consumer hear of each other. */
  replicasOf(consumer: string): string;
  /** The fanout exchange over which publishers hear which consumers there are. */
  readonly consumers: string;
};

/** Names everything below `exchange`. */
export const namesBelow = (exchange: string): Names => ({
  events: exchange,
  exchangeOf: (consumer) => `${exchange}.${consumer}.events`,
  formerExchangeOf: (consumer) => `${exchange}.${consumer}`,
  unroutedOf: (consumer) => `${exchange}.${consumer}.unrouted`,
  queueOf: (consumer, partition) => `${exchange}.${consumer}.${partition}`,
  dead: `${exchange}.dead`,
  deadQueueOf: (consumer) => `${exchange}.${consumer}.dead`,
  passing: (id) => `${exchange}.passing.${id}`,
  replicasOf: (consumer) => `${exchange}.${consumer}.replicas`,
  consumers: `${exchange}.consumers`,
});

/** Messages of one lane are delivered in their order, one at a time. */
export const laneOf = ({ source, key }: Message): string => `${source}:${key}`;

/** The partition of a lane: FNV-1a over its UTF-16 units, modulo the number of partitions. */
export function partitionOf(lane: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < lane.length; index++) {
    hash = Math.imul(hash ^ lane.charCodeAt(index), 0x01000193);
  }

  return (hash >>> 0) % PARTITIONS;
}
