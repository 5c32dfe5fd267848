import { setTimeout as delay } from "node:timers/promises";
import { currentContext } from "../../context/context.ts";
import { whyOver } from "../../context/time-left.ts";
import { createWaitingLine } from "../connections/waiting-line.ts";
import { isConflict } from "../postgres-error.ts";

/** How often work that loses conflicts is run. */
const MOST_TRIES = 20;

/** From this try on, work that has not begun waits until the one that loses all the time is done. */
const HARD_PRESSED = 4;

/** The longest that one waits for another, in milliseconds: one that hangs must not hold up the rest. */
const TURN = 1_000;

/** Runs `attempt`, again whenever it lost a conflict (serialization failure, deadlock), at most 20 times or until its time is over. */
export type RetryConflicts = <T>(attempt: () => Promise<T>) => Promise<T>;

/** Makes the retries of a database: work that has lost is run again one at a time, so that it does not lose against its like. */
export function createConflictRetries(): RetryConflicts {
  const turns = createWaitingLine({ places: 1, patience: TURN });
  let hardPressed: Promise<unknown> | undefined;

  async function inTurn<T>(attempt: () => Promise<T>): Promise<T> {
    const entered = await Promise.resolve(turns.enter(undefined)).then(
      () => true,
      () => false,
    );
    try {
      return await attempt();
    } finally {
      if (entered) turns.leave();
    }
  }

  function pressed<T>(attempt: () => Promise<T>): Promise<T> {
    const trying = inTurn(attempt);
    const ended = trying.catch(() => {});
    hardPressed = ended;
    void ended.then(() => {
      if (hardPressed === ended) hardPressed = undefined;
    });
    return trying;
  }

  return async (attempt) => {
    if (hardPressed) await Promise.race([hardPressed, delay(TURN, undefined, { ref: false })]);
    for (let tries = 1; ; tries++) {
      try {
        if (tries === 1) return await attempt();
        return await (tries < HARD_PRESSED ? inTurn(attempt) : pressed(attempt));
      } catch (error) {
        if (tries === MOST_TRIES || !isConflict(error) || whyOver(currentContext())) throw error;
      }
    }
  };
}
