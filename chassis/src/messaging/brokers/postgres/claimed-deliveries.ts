import type { Clock } from "../../../core/clock.ts";
import type { Database } from "../../../database/database.ts";
import { boundary } from "../../../telemetry/boundary.ts";
import type { Log } from "../../../telemetry/log.ts";
import { type Loop, startLoop } from "../../loop.ts";
import type { BrokerSubscription, Verdict } from "../broker.ts";
import { createLanes } from "../lanes.ts";
import { createBatchedWrites } from "./batched-writes.ts";
import {
  type ClaimedRow,
  claimDeliveries,
  finishDeliveries,
  type GivenBack,
  giveBackDeliveries,
  renewLeases,
} from "./postgres-broker-store.ts";

/** A subscription that is being served from the broker's database. */
export type ClaimedDeliveries = {
  /** Looks for deliveries now. */
  wake(): void;
  /** Whether the last look succeeded. */
  fetches(): boolean;
  /** Takes no more; resolves when those under way have ended and their verdicts are stored. */
  stop(): Promise<void>;
  /** Lets go at once, as a crash would: what has no stored verdict comes again when its lease ends. */
  abandon(): void;
};

export type ClaimedDeliveriesOptions = {
  database: Database;
  subscription: BrokerSubscription;
  clock: Clock;
  log: Log;
  /** Milliseconds that a claim is good for when it is not renewed. */
  lease: number;
  /** Milliseconds between looks for deliveries when nothing wakes it. */
  interval: number;
};

/** A claimed delivery, and until when this process may begin to handle it, on its monotonic clock. */
type Held = ClaimedRow & { expires: number };

/** About so many bytes of messages are claimed at a time, and held before no more are claimed. */
const MOST_CLAIMED = 8 * 1024 * 1024;
const MOST_HELD = 32 * 1024 * 1024;

/** So many messages of one lane are claimed at a time. */
const PER_LANE = 4;

/** Milliseconds that verdicts may take to be stored when the subscription is stopped. */
const LONGEST_FLUSH = 5_000;

type Settled = { row: Held; verdict: Verdict };

/** Claims deliveries ahead, handles them lane by lane, and stores the verdicts in batches. */
export function claimedDeliveries(options: ClaimedDeliveriesOptions): ClaimedDeliveries {
  const { database, subscription, clock, log } = options;
  const { consumer, concurrency } = subscription;
  const held = new Set<Held>();
  const stopped = new AbortController();

  const verdicts = createBatchedWrites<Settled>({
    clock,
    log,
    async write(settled) {
      await storeVerdicts(database, consumer, settled);
      for (const { row } of settled) held.delete(row);
      boundary(
        "after acknowledgement",
        settled.map(({ row }) => row.message),
      );
      if (hasRoom(subscription, held)) fetching.wake();
    },
  });
  const settle = (rows: readonly Held[], verdict: Settled["verdict"]) =>
    verdicts.add(rows.map((row) => ({ row, verdict })));

  const lanes = createLanes<Held>({
    concurrency,
    async work(row) {
      const verdict = clock.monotonic() < row.expires ? await handle(subscription, row, log) : "unhandled";
      settle([row], verdict);
      if (typeof verdict === "object") wakeIn(verdict.retryIn);
      return verdict === "done";
    },
    drop: (rows) => settle(rows, "unhandled"),
  });

  const fetching = startFetching(options, held, (rows) => {
    for (const row of rows) held.add(row);
    lanes.add(rows);
  });
  const renewing = startRenewing(options, held);

  function wakeIn(milliseconds: number): void {
    clock.sleep(milliseconds + 1, stopped.signal).then(fetching.wake, () => {});
  }

  return {
    wake: fetching.wake,
    fetches: () => !fetching.failing(),
    async stop() {
      stopped.abort();
      lanes.halt();
      await fetching.stop();
      settle(await lanes.drain(), "unhandled");
      await verdicts.finish(LONGEST_FLUSH);
      await renewing.stop();
    },
    abandon() {
      stopped.abort();
      verdicts.abandon();
      void fetching.stop();
      void renewing.stop();
      lanes.halt();
    },
  };
}

/** Claims more whenever half of what may be held is handled. */
function startFetching(
  options: ClaimedDeliveriesOptions,
  held: ReadonlySet<Held>,
  accept: (rows: Held[]) => void,
): Loop {
  const { database, subscription, clock, log, lease, interval } = options;
  return startLoop({
    name: `fetch ${subscription.consumer}`,
    clock,
    log,
    interval,
    async round() {
      if (!hasRoom(subscription, held)) return false;
      const limit = mostHeld(subscription) - held.size;
      const expires = clock.monotonic() + lease;
      const bytes = MOST_CLAIMED;
      const rows = await claimDeliveries(database, subscription.consumer, { limit, perLane: PER_LANE, bytes, lease });
      accept(rows.map((row) => ({ ...row, expires })));
      if (rows.length === limit || sizeOf(rows) >= MOST_CLAIMED) return true;
      // What a full lane left there is claimed as soon as these are handled, which wakes it.
      return rows.length > 0 && !hasFullLane(rows) && "soon";
    },
  });
}

/** However many lanes are slow, half of this is left for others as long as there is anybody to handle them. */
const mostHeld = ({ concurrency }: BrokerSubscription) => 2 * concurrency * PER_LANE;
const hasRoom = (subscription: BrokerSubscription, held: ReadonlySet<Held>) =>
  held.size <= mostHeld(subscription) / 2 && sizeOf(held) < MOST_HELD;

const sizeOf = (rows: Iterable<ClaimedRow>) => Iterator.from(rows).reduce((sum, { bytes }) => sum + bytes, 0);

function hasFullLane(rows: readonly ClaimedRow[]): boolean {
  const counts = new Map<string, number>();
  for (const { lane } of rows) counts.set(lane, (counts.get(lane) ?? 0) + 1);
  return counts.values().some((count) => count >= PER_LANE);
}

/** Renews the leases of what is held, long before they end. */
function startRenewing(
  { database, subscription, clock, log, lease }: ClaimedDeliveriesOptions,
  held: ReadonlySet<Held>,
): Loop {
  return startLoop({
    name: `renew ${subscription.consumer}`,
    clock,
    log,
    interval: lease / 3,
    async round() {
      if (held.size === 0) return false;
      const expires = clock.monotonic() + lease;
      const renewed = await renewLeases(database, subscription.consumer, [...held], lease);
      for (const row of renewed) row.expires = expires;
      return false;
    },
  });
}

async function handle(subscription: BrokerSubscription, row: ClaimedRow, log: Log): Promise<Verdict> {
  try {
    const { message, attempt, lapsed } = row;
    const fault = forgery(row);
    return await subscription.handle({
      message,
      attempt,
      ...(fault !== undefined && { fault }),
      ...(lapsed && { suspect: true }),
    });
  } catch (error) {
    log.error({ err: error, messageId: row.message.id }, "a handler threw although it never should");
    return { retryIn: 1_000 };
  }
}

/** A publisher may write any message, but the broker knows who it is and what it may publish. */
function forgery({ message, source, type }: ClaimedRow): string | undefined {
  if (source !== null && message.source !== source) return `it says that it is from another than ${source}`;
  return type !== null && message.type !== type ? `it says that it is not ${type}` : undefined;
}

async function storeVerdicts(database: Database, consumer: string, settled: readonly Settled[]): Promise<void> {
  const done: ClaimedRow[] = [];
  const back: GivenBack[] = [];
  for (const { row, verdict } of settled) {
    const { seq, claim, attempt } = row;
    if (verdict === "done") done.push(row);
    else if (verdict === "unhandled") back.push({ seq, claim, attempt, delay: null });
    else back.push({ seq, claim, attempt: attempt + 1, delay: verdict.retryIn });
  }
  if (done.length > 0) await finishDeliveries(database, consumer, done);
  if (back.length > 0) await giveBackDeliveries(database, consumer, back);
}
