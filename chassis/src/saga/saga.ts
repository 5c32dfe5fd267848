import type { Static, TObject } from "typebox";
import type { Transaction } from "../database/database.ts";

/** What a remote step knows besides the state. */
export type StepContext = {
  /** The same at every attempt of this step of this saga; send it as the idempotency key. */
  readonly key: string;
  /** Aborted when the step's deadline passes or the process stops. */
  readonly signal: AbortSignal;
};

/** Changes to the state that a step brings; they are stored with the saga's progress. */
type Changes<More> = Promise<More | void>;

/** A step in another service. `do` may be repeated with the same key; `undo` must work by key alone, whether or not `do` ever arrived. */
export type RemoteStep<State, More extends object> = {
  do(state: State, context: StepContext): Changes<More>;
  undo(state: State & Partial<More>, context: StepContext): Promise<unknown>;
  /** Milliseconds from the first attempt after which an unknown outcome is undone. Default 60,000. */
  deadline?: number;
};

/** A step in this service's own database: it commits in one transaction with the saga's progress. */
export type LocalStep<State> = { within(tx: Transaction, state: State): Promise<void> };

/** A remote step after the pivot: it can only be repeated until it succeeds. */
export type RetriedStep<State, More extends object> = { do(state: State, context: StepContext): Changes<More> };

/** How a saga of this kind begins: steps that can be undone, then the pivot. */
export type SagaBuilder<Input extends object, State> = {
  step<More extends object = Record<never, never>>(
    name: string,
    step: RemoteStep<State, More>,
  ): SagaBuilder<Input, State & More>;
  /** The point of no return. What comes after can't be undone, only repeated. */
  pivot(name: string, step: LocalStep<State>): SagaAfterPivot<Input, State>;
};

export type SagaAfterPivot<Input extends object, State> = {
  step<More extends object = Record<never, never>>(
    name: string,
    step: RetriedStep<State, More> | LocalStep<State>,
  ): SagaAfterPivot<Input, State & More>;
  /** What to record when the saga was undone; `reason` is the code of the refusal (or of the outage) that ended it. */
  fails(record: (tx: Transaction, input: Input, reason: string) => Promise<void>): Saga<Input>;
};

/** A saga that was decided by the transaction that started it: it can't fail, so there is nothing to undo. */
export type DecidedSagaBuilder<Input extends object, State> = {
  step<More extends object = Record<never, never>>(
    name: string,
    step: RetriedStep<State, More> | LocalStep<State>,
  ): DecidedSagaBuilder<Input, State & More>;
  ends(): Saga<Input>;
};

/** One step as the runner sees it. */
export type SagaStep = {
  readonly name: string;
  readonly kind: "undoable" | "pivot" | "retried";
  readonly action: RemoteStep<never, object> | LocalStep<never> | RetriedStep<never, object>;
};

/** A saga: a list of steps, and what undoes them. */
export type Saga<Input extends object = object> = {
  readonly name: string;
  readonly input: TObject;
  readonly steps: readonly SagaStep[];
  readonly fails: (tx: Transaction, input: Input, reason: string) => Promise<void>;
};

/** A saga whatever its input. */
export type AnySaga = Saga<never>;

/**
 * Starts a saga inside a business transaction. `key` names the instance: a second start with the same key does nothing. Throws
 * when `input` does not fit the saga's schema.
 */
export type StartSaga = <Input extends object>(
  tx: Transaction,
  saga: Saga<Input>,
  start: { key: string; input: Input },
) => Promise<void>;

type Definition = Pick<Saga, "name" | "input"> & { steps: SagaStep[] };

/** Begins the definition of a saga. Its name and its steps' names are stored with each instance: don't rename them. */
export function saga<Schema extends TObject>(
  name: string,
  input: Schema,
): SagaBuilder<Static<Schema> & object, Static<Schema>> {
  return beforePivot({ name, input, steps: [] }) as never;
}

function beforePivot(definition: Definition): SagaBuilder<object, never> {
  return {
    step: (name, action) => beforePivot(withStep(definition, { name, kind: "undoable", action })) as never,
    pivot: (name, action) => afterPivot(withStep(definition, { name, kind: "pivot", action })) as never,
  };
}

function afterPivot(definition: Definition): SagaAfterPivot<object, never> {
  return {
    step: (name, action) => afterPivot(withStep(definition, { name, kind: "retried", action })) as never,
    fails: (record) => ({ ...definition, fails: record }),
  };
}

/** Begins the definition of a saga that is past its pivot from the start: each step is repeated until it succeeds. */
export function decidedSaga<Schema extends TObject>(
  name: string,
  input: Schema,
): DecidedSagaBuilder<Static<Schema> & object, Static<Schema>> {
  return decided({ name, input, steps: [] }) as never;
}

function decided(definition: Definition): DecidedSagaBuilder<object, never> {
  return {
    step: (name, action) => decided(withStep(definition, { name, kind: "retried", action })) as never,
    ends: () => ({ ...definition, fails: async () => {} }),
  };
}

function withStep(definition: Definition, step: SagaStep): Definition {
  const named = (name: string) => name.replaceAll(" ", "-");
  if (definition.steps.some(({ name }) => named(name) === named(step.name))) {
    throw new Error(`saga "${definition.name}" has two steps "${step.name}"`);
  }
  return { ...definition, steps: [...definition.steps, step] };
}
