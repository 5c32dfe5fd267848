import { boundedTime } from "../definition/time.ts";

/**
 * - `running`: going forward. `compensating`: undoing what was done.
 * - `parked`: waits for a person. `done`, `failed`: final.
 */
export type SagaStatus = "running" | "compensating" | "parked" | "done" | "failed";

/** One saga under way, as it was last stored. */
export type SagaInstance = {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly key: string;
  readonly input: object;
  /** What the steps added; with the input it makes the state. JSON throughout. */
  readonly added: object;
  readonly status: SagaStatus;
  /** Running: the index of the step to do next. Compensating: of the step to undo next, -1 when only the failure is left to record. */
  readonly position: number;
  /** The name of the step at `position`, to notice that a definition has changed. */
  readonly step: string | null;
  /** Why it is being or was undone: the code of a failure. */
  readonly reason: string | null;
  /** Attempts at the current step that failed. */
  readonly attempts: number;
  /** How many of them failed in a way that repeating is not expected to cure. */
  readonly faults: number;
  /**
   * When the current step is given up, or its timer is over, on the monotonic clock of this process; null: it is not given up, or the
   * timer has yet to begin.
   */
  readonly stepDeadline: number | null;
  /** When a saga that has not reached its pivot is undone, on the monotonic clock of this process; null: never. */
  readonly deadline: number | null;
  /** The fencing number: a save that knows an older one than the database is refused. */
  readonly fence: number;
  /** How the idempotency keys of its steps are made: 1 of instances from before 2, whose keys tell all names apart. */
  readonly keyFormat: 1 | 2;
  /** How often it was taken up since it last got any further. */
  readonly claims: number;
  /** The context the saga was started in. */
  readonly requestId: string;
  readonly traceparent: string;
};

/** A line of the history that is kept of each instance. */
export type HistoryEntry = {
  readonly step: string | null;
  /** Counts from 1. */
  readonly attempt: number;
  readonly what:
    | "done"
    | "refused"
    | "unknown"
    | "fault"
    | "waits"
    | "out of time"
    | "undone"
    | "undo failed"
    | "recorded"
    | "parked"
    | "migrated"
    | "taken over"
    | "retried"
    | "skipped"
    | "called off";
  readonly cause?: string | undefined;
  /** What the step added to the state. */
  readonly output?: object | undefined;
  /** Who did it by hand; `cause` then is the reason they gave. */
  readonly by?: string | undefined;
};

/** What a save changes of an instance. */
export type Progress = Pick<
  SagaInstance,
  "added" | "status" | "position" | "step" | "reason" | "attempts" | "faults"
> & {
  /** Milliseconds until the current step is given up or its timer is over; null: there is no such time. Absent: as before. */
  readonly stepTimeLeft?: number | null;
  /** Milliseconds to wait before it goes on. Absent: it goes on at once. */
  readonly wait?: number;
  /** Given back although there is something to do, for any process to go on with. */
  readonly givenBack?: true;
  /** The version that it has become an instance of. */
  readonly migrated?: { readonly version: number; readonly input: object };
  readonly entry: HistoryEntry;
};

/** Waits up to this many milliseconds are sat out by the process that holds the lease; longer ones give the lease back. */
export const SHORT_WAIT = 1_000;

/** Whether whoever saves `progress` goes on with the instance. */
export const keepsLease = (progress: Progress): boolean =>
  isUnderWay(progress.status) && !progress.givenBack && (progress.wait ?? 0) < SHORT_WAIT;

/** Whether there is something left to do for the runner. */
export const isUnderWay = (status: SagaStatus): status is "running" | "compensating" =>
  status === "running" || status === "compensating";

/** The instance as it is once `progress` has been saved; `now` is the monotonic clock. */
export function progressed(instance: SagaInstance, progress: Progress, now: number): SagaInstance {
  const { stepTimeLeft, wait: _wait, entry: _entry, givenBack: _givenBack, migrated, ...changed } = progress;
  const stepDeadline = typeof stepTimeLeft === "number" ? now + boundedTime(stepTimeLeft) : stepTimeLeft;
  return {
    ...instance,
    ...migrated,
    ...changed,
    stepDeadline: stepDeadline === undefined ? instance.stepDeadline : stepDeadline,
    claims: 0,
    fence: instance.fence + 1,
  };
}

/** How often an instance may be taken up without getting any further. */
export const MOST_CLAIMS = 5;

/** Whether an instance may have ended, or held up, the processes that ran it: it is run beside no other such. */
export const isSuspect = ({ claims }: SagaInstance): boolean => claims > 2;
