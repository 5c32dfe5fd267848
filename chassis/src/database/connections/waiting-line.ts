import type { WorkContext } from "../../context/context.ts";
import { timeLeft, whyOver } from "../../context/time-left.ts";
import { deadlineExceeded, type Failure } from "../../core/failure/failure.ts";
import { databaseOutage } from "../postgres-error.ts";

/** A line in front of a number of places. Who came first gets in first. */
export type WaitingLine = {
  /**
   * Takes a place: at once (and returns undefined) while one is free, else as soon as one is. Throws or rejects with `unavailable`
   * when that takes longer than the line's patience, and with why the work is over as soon as it is: nobody gets in too late.
   */
  enter(context: WorkContext | undefined): Promise<void> | undefined;
  /** Gives a place back. */
  leave(): void;
  /** How many wait. */
  waiting(): number;
  /** How many places are taken. */
  taken(): number;
};

/** A patience that never ends: the longest time that a timer can hold. */
export const NO_END = 2 ** 31 - 1;

type Waiter = { readonly since: number; admit(): void };

/** Makes a line for `places` in which nobody waits longer than `patience` milliseconds; `onWaited` hears how long each did. */
export function createWaitingLine(options: {
  places: number;
  patience: number;
  onWaited?: (milliseconds: number) => void;
}): WaitingLine {
  const { places, patience, onWaited = () => {} } = options;
  const line = new Set<Waiter>();
  let taken = 0;

  function wait(context: WorkContext | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancellation = context?.cancellation;
    const left = timeLeft(context);
    const end = (settle: () => void) => {
      line.delete(waiter);
      clearTimeout(timer);
      cancellation?.forget(giveUp);
      onWaited(performance.now() - waiter.since);
      settle();
    };
    const giveUp = () => end(() => reject(whyOver(context) ?? tooLong(left <= patience)));
    const waiter: Waiter = { since: performance.now(), admit: () => end(resolve) };
    const timer = setTimeout(giveUp, Math.min(patience, left));
    cancellation?.listen(giveUp);
    line.add(waiter);
    return promise;
  }

  return {
    enter(context) {
      const over = whyOver(context);
      if (over) throw over;
      if (taken >= places) return wait(context);
      taken += 1;
      onWaited(0);
      return undefined;
    },
    leave() {
      const [next] = line;
      // The place goes from hand to hand.
      if (next) next.admit();
      else taken -= 1;
    },
    waiting: () => line.size,
    taken: () => taken,
  };
}

const tooLong = (wasDeadline: boolean): Failure =>
  wasDeadline ? deadlineExceeded.failure() : databaseOutage(new Error("every connection was taken for too long"));
