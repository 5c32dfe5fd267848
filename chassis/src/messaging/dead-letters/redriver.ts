import { newContext, runInContext } from "../../context/context.ts";
import { parseTraceparent } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import type { Clock } from "../../core/clock.ts";
import { refusal } from "../../core/failure/failure.ts";
import { describeError, stackOf } from "../../core/failure/thrown.ts";
import type { Database } from "../../database/database.ts";
import type { Log } from "../../telemetry/log.ts";
import { inSpan } from "../../telemetry/tracing/span.ts";
import { HANDLING_TIME } from "../consumer/apply-together.ts";
import { messageReader } from "../consumer/read-message.ts";
import { createSuspects, type Suspects } from "../consumer/suspects.ts";
import { whoseFault } from "../consumer/whose-fault.ts";
import { type Loop, startLoop } from "../loop.ts";
import { canonicalId } from "../message-id.ts";
import type { Subscription } from "../messaging.ts";
import { withinTime } from "../within-time.ts";
import { type ClaimedLetter, claimDueLetters, endRedrive, giveBackLetter, parkAgain } from "./redrive-store.ts";

export type RedriverOptions = {
  /** Whose dead letters: the name of the service. */
  consumer: string;
  database: Database;
  subscriptions: readonly Subscription[];
  clock: Clock;
  log: Log;
  /** Takes the spans of handling. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Milliseconds between looks for letters when nothing wakes it. Default 1,000. */
  interval?: number;
  /** Milliseconds after which handling is broken off, and counts as failed. Default 20,000. */
  handlingTime?: number;
};

type Redriving = Required<Omit<RedriverOptions, "tracer">> & {
  readonly tracer: Tracer | undefined;
  readonly read: ReturnType<typeof messageReader>;
  readonly suspects: Suspects;
};

/** So many letters are handled at once. */
const CONCURRENCY = 8;

/** Milliseconds that a claim lasts longer than handling may. */
const MARGIN = 10_000;

/** Milliseconds that those under way have to end in when it is stopped. */
const LONGEST_END = 5_000;

const notOurs = refusal("dead_letter_not_ours", 409, "The dead letter was discarded or is another's by now");

/**
 * Handles dead letters again that somebody wants handled, those of a key one at a time and in the order they were parked, each in one
 * transaction with its own end: a letter has its effect once, whatever happens meanwhile, and none when it was discarded before. One that
 * fails again, hangs, or ends its process each time is parked with its new cause; others go on meanwhile.
 */
export function startRedriver(given: RedriverOptions): Loop {
  const options: Redriving = {
    interval: 1_000,
    handlingTime: HANDLING_TIME,
    tracer: undefined,
    ...given,
    read: messageReader(given.subscriptions),
    suspects: createSuspects(given),
  };
  const { database, consumer, clock, log, interval, handlingTime } = options;
  const underWay = new Set<Promise<void>>();

  async function round(): Promise<boolean> {
    const limit = CONCURRENCY - underWay.size;
    if (limit === 0) return false;
    const letters = await claimDueLetters(database, consumer, { limit, lease: handlingTime + MARGIN });
    for (const letter of letters) {
      const redriving: Promise<void> = redrive(options, letter).finally(() => {
        underWay.delete(redriving);
        loop.wake();
      });
      underWay.add(redriving);
    }
    return letters.length > 0;
  }

  const loop = startLoop({ name: "redrive", clock, log, interval, round });
  return {
    ...loop,
    async stop() {
      await loop.stop();
      const ended = new AbortController();
      const tooLong = clock.sleep(LONGEST_END, ended.signal).catch(() => {});
      await Promise.race([Promise.all(underWay), tooLong]);
      ended.abort();
    },
  };
}

/** Never throws: a letter whose end can't be written down is claimed again when its lease is over. */
async function redrive(options: Redriving, letter: ClaimedLetter): Promise<void> {
  const { database, log } = options;
  const work = () => apply(options, letter);
  try {
    await (letter.lapsed ? options.suspects(letter.id, work) : work());
  } catch (error) {
    const facts = { err: error, letterId: letter.id, type: letter.type };
    const isAway = whoseFault(error) === "database";
    if (isAway) log.warn(facts, "a dead letter waits for the database");
    else log.error(facts, "a dead letter failed again");
    const end = isAway
      ? giveBackLetter(database, letter)
      : parkAgain(database, letter, describeError(error), stackOf(error));
    await end.catch((err: unknown) => log.warn({ err, letterId: letter.id }, "a claim ends with its lease"));
  }
}

function apply(options: Redriving, letter: ClaimedLetter): Promise<void> {
  const { database, clock, tracer, handlingTime } = options;
  const { id, message } = letter;
  // However old it is, and whether or not it has an id: the letter, not the inbox, knows whether it was handled.
  const identified = { ...message, id: canonicalId(message.id) ?? id };
  const { body, handle } = options.read({ ...identified, time: clock.now().toISOString() }, clock.now());
  const parent = parseTraceparent(message.traceparent);
  const context = newContext({ requestId: message.requestId, parent, tracer });
  const attributes = { "messaging.system": "flotilla", "messaging.destination.name": message.type };
  const redriven = async () =>
    database.transaction(
      async (tx) => {
        await withinTime(handlingTime, () => handle(body, tx, identified));
        if (!(await endRedrive(tx, letter))) throw notOurs.failure();
      },
      { priority: "low" },
    );
  return runInContext(context, () => inSpan(`redrive ${message.type}`, { kind: "consumer", attributes }, redriven));
}
