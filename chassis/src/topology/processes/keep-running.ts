import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import type { Child, Ended } from "./child.ts";
import { type Replaced, readyInTime, replaceChild } from "./replace-child.ts";

/** What the supervisor hears of a process that it keeps running. */
export type SlotEvents = {
  starting(): void;
  ready(instance: { pid: number; url: string }): void;
  /** It is about to end and wants no more work. */
  draining(): void;
  /** It ended by itself, and is started again after `milliseconds`. */
  ended(end: Ended, milliseconds: number): void;
};

/** A place in which a process runs; when it ends another one follows. */
export type Slot = {
  /** Resolves when a process is ready for the first time; rejects when the first three end before that. */
  readonly firstReady: Promise<void>;
  /** Resolves when a process has found those whom it calls for the first time; rejects when it is stopped before. */
  readonly firstFound: Promise<void>;
  /** The process that runs right now. */
  current(): Child | undefined;
  /**
   * Starts a process beside the one that runs, which stays until the new one is ready, and is drained then. The new one loads what it runs and
   * begins when `approved` resolves with true; it is given up when it is not, or ends, or `signal` is aborted. Where no process is ready
   * another is started at once.
   */
  replace(approved: Promise<boolean>, signal: AbortSignal): Promise<Replaced>;
  /** Ends the process by draining it, and starts none again. Resolves when it has let go of everything. */
  drain(): Promise<void>;
  /** As `drain`, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends the process at once, and starts none again. */
  kill(): void;
};

const backoff: Backoff = { first: 200, most: 10_000 };
/** A process that was ready for this long was well: the next failure counts as the first again. */
const WELL_AFTER = 10_000;
const GIVE_UP_AFTER = 3;

type Run = { readonly end: Ended; readonly wasWell: boolean; readonly asked: boolean };

/** What is known of a slot. */
type State = {
  readonly start: (held: boolean) => Promise<Child>;
  readonly events: SlotEvents;
  readonly clock: Clock;
  readonly stopping: AbortController;
  readonly first: PromiseWithResolvers<void>;
  readonly found: PromiseWithResolvers<void>;
  /** Processes beside the current one: on their way in, or out. */
  readonly others: Set<Child>;
  child: Child | undefined;
  isReady: boolean;
  /** Aborted when the next start shall not be waited for. */
  impatient: AbortController;
  replacing: Promise<unknown>;
};

/**
 * Keeps a process running until it is stopped: one that ends, or is not ready within a minute, is followed by another. One that was well and
 * ended because somebody asked it to is followed at once, the others after waits that grow.
 */
export function keepRunning(start: (held: boolean) => Promise<Child>, events: SlotEvents, clock: Clock): Slot {
  const state: State = {
    ...{ start, events, clock, child: undefined, isReady: false, others: new Set(), replacing: Promise.resolve() },
    stopping: new AbortController(),
    impatient: new AbortController(),
    first: Promise.withResolvers<void>(),
    found: Promise.withResolvers<void>(),
  };
  for (const { promise } of [state.first, state.found]) promise.catch(() => {});
  const running = run(state);
  let ending: Promise<void> | undefined;
  const stop = () => (ending ??= end(state, running));
  return {
    firstReady: state.first.promise,
    firstFound: state.found.promise,
    current: () => state.child,
    replace(approved, signal) {
      const replaced = state.replacing.then(() => replace(state, approved, signal));
      state.replacing = replaced.catch(() => {});
      return replaced;
    },
    kill() {
      state.stopping.abort();
      for (const each of [state.child, ...state.others]) each?.kill();
    },
    stop,
    async drain() {
      const { stopped } = state.child ?? {};
      await Promise.race([stop(), ...(stopped ? [stopped] : [])]);
    },
  };
}

async function run(state: State): Promise<void> {
  const { stopping, events, clock, first } = state;
  for (let failures = 1; !stopping.signal.aborted; failures++) {
    events.starting();
    const { end, wasWell, asked } = await runOnce(state);
    if (stopping.signal.aborted) return;
    if (wasWell || asked) failures = asked ? 0 : 1;
    const wait = asked ? 0 : backoffDelay(backoff, failures);
    events.ended(end, wait);
    if (failures >= GIVE_UP_AFTER) first.reject(new Error(end.how));
    state.impatient = new AbortController();
    await clock.sleep(wait, AbortSignal.any([stopping.signal, state.impatient.signal])).catch(() => {});
  }
}

async function runOnce(state: State): Promise<Run> {
  const { start, stopping, clock } = state;
  let child: Child;
  try {
    child = await start(false);
  } catch (error) {
    return { end: { how: (error as Error).message, asked: false, words: [] }, wasWell: false, asked: false };
  }
  state.child = child;
  if (stopping.signal.aborted) child.kill();
  const url = await readyInTime(child, clock);
  const readyAt = clock.monotonic();
  if (url !== undefined) take(state, child, url);
  const end = await endOfLast(state, child);
  const wasReady = url !== undefined;
  return { end, wasWell: wasReady && clock.monotonic() - readyAt >= WELL_AFTER, asked: wasReady && end.asked };
}

function take(state: State, child: Child, url: string): void {
  const { events, first, found } = state;
  Object.assign(state, { child, isReady: true });
  events.ready({ pid: child.pid, url });
  first.resolve();
  void child.found.then(found.resolve);
  void child.draining.then(() => state.child === child && events.draining());
}

/** How the last of those that replaced each other ended. */
async function endOfLast(state: State, child: Child): Promise<Ended> {
  const end = await child.ended;
  if (state.child === child) {
    Object.assign(state, { child: undefined, isReady: false });
    // The one that is on its way in may follow.
    await state.replacing;
  }
  return state.child === undefined ? end : endOfLast(state, state.child);
}

async function replace(state: State, approved: Promise<boolean>, signal: AbortSignal): Promise<Replaced> {
  const { start, others, clock } = state;
  if (!state.isReady) {
    state.child?.kill();
    state.impatient.abort();
    return "started again";
  }
  const candidate = {
    start: () => start(true),
    approved,
    others,
    signal: AbortSignal.any([signal, state.stopping.signal]),
  };
  return replaceChild(candidate, clock, (next, url) => {
    const old = state.child;
    take(state, next, url);
    return old;
  });
}

async function end(state: State, running: Promise<void>): Promise<void> {
  state.stopping.abort();
  for (const { reject } of [state.first, state.found]) reject(new Error("was stopped"));
  await Promise.all([state.child, ...state.others].map((each) => each?.stop()));
  await Promise.all([running, state.replacing]);
}
