import { startTimer } from "../../core/clock.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Requests that wait for a connection, in the order they came. */
export type WaitingLine<Waiting> = {
  join(waiting: Waiting): void;
  /** Takes the first one out. */
  next(): Waiting | undefined;
  leave(waiting: Waiting): void;
  clear(): void;
};

/** What is told to whoever asked. */
type Asker = { onWaited?(milliseconds: number): void; onError(error: Error): void };
type Place<Waiting> = {
  readonly waiting: Waiting;
  readonly since: number;
  readonly cancelTimer: (() => void) | undefined;
};

/** Makes a line. Who stands in it for longer than `patience` milliseconds, if that is given, fails as `busy`. */
export function waitingLine<Waiting extends { readonly asker: Asker }>(patience?: number): WaitingLine<Waiting> {
  const line: Place<Waiting>[] = [];

  function leave(waiting: Waiting): void {
    const at = line.findIndex((place) => place.waiting === waiting);
    if (at === -1) return;
    line[at]?.cancelTimer?.();
    line.splice(at, 1);
  }

  function giveUp(waiting: Waiting): void {
    leave(waiting);
    waiting.asker.onWaited?.(patience ?? 0);
    waiting.asker.onError(new UpstreamError("busy", "no connection was free in time"));
  }

  return {
    join(waiting) {
      const cancelTimer = patience === undefined ? undefined : startTimer(patience, () => giveUp(waiting));
      line.push({ waiting, since: performance.now(), cancelTimer });
    },
    next() {
      const first = line.shift();
      if (!first) return undefined;
      first.cancelTimer?.();
      first.waiting.asker.onWaited?.(performance.now() - first.since);
      return first.waiting;
    },
    leave,
    clear() {
      for (const { cancelTimer } of line.splice(0)) cancelTimer?.();
    },
  };
}
