import { startTimer } from "../../../core/clock.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Requests that wait for a connection: callers take turns, and each has its own in the order they came. */
export type WaitingLine<Waiting> = {
  join(waiting: Waiting): void;
  /** Takes the first one of the caller whose turn it is out. */
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

type Caller = { readonly caller?: string | undefined };

/** Makes a line. Who stands in it for longer than `patience` milliseconds, if that is given, fails as `busy`. */
export function waitingLine<Waiting extends Caller & { readonly asker: Asker }>(
  patience?: number,
): WaitingLine<Waiting> {
  /** By caller, those whose turn comes first in front; none is empty. */
  const lines = new Map<string, Place<Waiting>[]>();

  function leave(waiting: Waiting): void {
    const { caller = "" } = waiting;
    const line = lines.get(caller) ?? [];
    const at = line.findIndex((place) => place.waiting === waiting);
    if (at === -1) return;
    line[at]?.cancelTimer?.();
    line.splice(at, 1);
    if (line.length === 0) lines.delete(caller);
  }

  function giveUp(waiting: Waiting): void {
    leave(waiting);
    waiting.asker.onWaited?.(patience ?? 0);
    waiting.asker.onError(new UpstreamError("busy", "no connection was free in time"));
  }

  return {
    join(waiting) {
      const cancelTimer = patience === undefined ? undefined : startTimer(patience, () => giveUp(waiting));
      const place = { waiting, since: performance.now(), cancelTimer };
      const { caller = "" } = waiting;
      const line = lines.get(caller);
      if (line) line.push(place);
      else lines.set(caller, [place]);
    },
    next() {
      const [turn] = lines;
      if (!turn) return undefined;
      const [caller, line] = turn;
      const first = line.shift() as Place<Waiting>;
      lines.delete(caller);
      if (line.length > 0) lines.set(caller, line);
      first.cancelTimer?.();
      first.waiting.asker.onWaited?.(performance.now() - first.since);
      return first.waiting;
    },
    leave,
    clear() {
      for (const { cancelTimer } of Array.from(lines.values()).flat()) cancelTimer?.();
      lines.clear();
    },
  };
}
