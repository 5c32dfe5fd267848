import type { TObject } from "typebox";
import type { Call } from "../../contract/call.ts";
import type { Backoff } from "../../core/backoff.ts";
import type { FailureDefinition } from "../../core/failure/failure.ts";
import type { Transaction } from "../../database/database.ts";

/** What a remote step knows besides the state. */
export type StepContext = {
  /** The same at every attempt of this step of this saga; send it as the idempotency key. */
  readonly key: string;
  /** Aborted when the attempt's time is over or the process stops. */
  readonly signal: AbortSignal;
};

/** Changes to the state that a step brings; they are stored with the saga's progress. */
type Changes<More> = Promise<More | void>;

/** What a step may be refused with: single refusals, or calls with all the refusals of their contract. */
export type RefusalSource = FailureDefinition | Call;

/** The codes that {@link RefusalSource}s stand for. */
export type CodeOf<Source> =
  Source extends FailureDefinition<infer Code>
    ? Code
    : Source extends Call<infer Types>
      ? Types extends { refuses?: infer Code extends string }
        ? Code
        : never
      : never;

/** How a step is repeated, by the kind of its failure. A refusal is never repeated. */
export type RetryPolicy = {
  /** Waits between attempts without an answer; all times above 0. Default: 200 milliseconds doubling up to 30,000. */
  outage?: Backoff;
  /** Attempts that fail in a way that repeating isn't expected to cure, before the saga is parked for a person. At least 1, default 5. */
  faults?: number;
};

/** What can be said about every step that does something. */
export type StepRules<Sources extends readonly RefusalSource[]> = {
  /** The refusals that are expected: before the pivot they undo the saga. Any other refusal is a defect, and parks it. */
  refuses?: Sources;
  retry?: RetryPolicy;
  /** The schema of what the step returns: anything else is a defect. Sensitive fields of it are hidden from operators. */
  returns?: TObject;
  /**
   * Milliseconds that one attempt may take, at doing it as well as at undoing it. Then its signal is aborted (a local step's transaction
   * is rolled back), and the next attempt begins when it has returned, or two seconds later. At most a day. Default: 10,000, or the
   * `deadline` that the step states if that is longer.
   */
  timeout?: number;
};

/** A step in another service. `do` may be repeated with the same key; `undo` must work by key alone, whether or not `do` ever arrived. */
export type RemoteStep<State, More extends object, Sources extends readonly RefusalSource[]> = StepRules<Sources> & {
  do(state: State, context: StepContext): Changes<More>;
  undo(state: State & Partial<More>, context: StepContext): Promise<unknown>;
  /** Milliseconds from when it becomes the step to do, after which an unknown outcome is undone. Default 60,000. */
  deadline?: number;
};

/** A step that only asks, and so has nothing to undo. */
export type AskingStep<State, More extends object, Sources extends readonly RefusalSource[]> = StepRules<Sources> & {
  ask(state: State, context: StepContext): Changes<More>;
  /** Milliseconds from when it becomes the step to do, after which the saga is undone without an answer. Default 60,000. */
  deadline?: number;
};

/**
 * A step in this service's own database: it commits in one transaction with the saga's progress. It is isolated as a handler of events is,
 * from other sagas as from everything else (see `Database.transaction`). One that takes longer than its `timeout` is rolled back, which
 * counts as a fault. It may be run more than once for one commit, so it must do nothing but use the transaction.
 */
export type LocalStep<State, More extends object, Sources extends readonly RefusalSource[]> = StepRules<Sources> & {
  within(tx: Transaction, state: State): Changes<More>;
};

/** A local step before the pivot: undone in one transaction with the saga's progress. */
export type UndoableLocalStep<State, More extends object, Sources extends readonly RefusalSource[]> = LocalStep<
  State,
  More,
  Sources
> & { undoWithin(tx: Transaction, state: State & Partial<More>): Promise<unknown> };

/** A remote step that can't be undone: the pivot, or one after it. */
export type FinalStep<State, More extends object, Sources extends readonly RefusalSource[]> = StepRules<Sources> & {
  do(state: State, context: StepContext): Changes<More>;
};

/**
 * Milliseconds to wait, at most a hundred years, or what they are computed from. It must need nothing but the state. A computed time that
 * is over already does not wait; one that is no number, or too long, is a fault.
 */
export type Wait<State> = number | ((state: State) => number);

/** What a step does, as the runner sees it: one of `do`, `within`, `ask` and `after`. */
export type StepAction = {
  do?(state: never, context: StepContext): Promise<object | void>;
  ask?(state: never, context: StepContext): Promise<object | void>;
  undo?(state: never, context: StepContext): Promise<unknown>;
  within?(tx: Transaction, state: never): Promise<object | void>;
  undoWithin?(tx: Transaction, state: never): Promise<unknown>;
  after?: Wait<never>;
  deadline?: number;
  timeout?: number;
  retry?: RetryPolicy;
  returns?: TObject;
};

/** One step as the runner sees it. */
export type SagaStep = {
  readonly name: string;
  /** `undoable`: before the pivot. `retried`: after it, repeated until it succeeds. `timer`: waits, on either side. */
  readonly kind: "undoable" | "pivot" | "retried" | "timer";
  readonly action: StepAction;
  /** The codes of the expected refusals. */
  readonly refuses: ReadonlySet<string>;
};

/** Whether there is anything to undo of a step. */
export const canBeUndone = ({ action }: SagaStep): boolean =>
  action.undo !== undefined || action.undoWithin !== undefined;

/** The codes behind what a step says it may be refused with. */
export const codesOf = (sources: readonly RefusalSource[] = []): ReadonlySet<string> =>
  new Set(
    sources.flatMap((source) =>
      "shape" in source ? (source.shape.refuses ?? []).map(({ code }) => code) : [source.code],
    ),
  );

/** Whether the pivot is still to come after the step at `position`. */
export const isBeforePivot = (steps: readonly SagaStep[], position: number): boolean =>
  position < steps.findIndex(({ kind }) => kind === "pivot");
