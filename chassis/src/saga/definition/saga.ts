import type { Static, TObject } from "typebox";
import type { Transaction } from "../../database/database.ts";
import type { Migration } from "./migration.ts";
import { requireSaga, requireStep } from "./require-definition.ts";
import {
  type AskingStep,
  type CodeOf,
  codesOf,
  type FinalStep,
  type LocalStep,
  type RefusalSource,
  type RemoteStep,
  type SagaStep,
  type StepAction,
  type StepContext,
  type StepRules,
  type UndoableLocalStep,
  type Wait,
} from "./step.ts";

export type { StepContext };

/**
 * Why a saga was undone besides the refusals of its steps: a step or the saga itself had no time left, or a person called it off.
 */
export type Outage = "unavailable" | "upstream_failed" | "rate_limited" | "deadline_exceeded" | "called_off";

/** What a saga is besides its steps. */
export type SagaOptions = {
  /** Grows when steps or state change; an instance stays on the version it began with. Default 1. */
  version?: number;
  /** How instances of versions that are no longer there become instances of this one, by their version. */
  migrate?: { readonly [from: number]: Migration };
};

type Added = Record<never, never>;
type Sources = readonly RefusalSource[];
type CodesOf<S extends Sources> = CodeOf<S[number]>;

/** How a saga of this kind begins: steps that can be undone, then the pivot. `Codes`: what it may have been refused with. */
export type SagaBuilder<Input extends object, State, Codes extends string = never> = {
  step<More extends object = Added, const S extends Sources = readonly []>(
    name: string,
    step: RemoteStep<State, More, S> | AskingStep<State, More, S> | UndoableLocalStep<State, More, S>,
  ): SagaBuilder<Input, State & More, Codes | CodesOf<S>>;
  /** Waits; the time runs on the database's clock, whether or not any process is there. */
  after(name: string, wait: Wait<State>): SagaBuilder<Input, State, Codes>;
  /** The point of no return. What comes after can't be undone, only repeated. */
  pivot<More extends object = Added, const S extends Sources = readonly []>(
    name: string,
    step: LocalStep<State, More, S> | FinalStep<State, More, S>,
  ): SagaAfterPivot<Input, State & More, Codes | CodesOf<S>>;
};

export type SagaAfterPivot<Input extends object, State, Codes extends string> = {
  step<More extends object = Added>(
    name: string,
    step: FinalStep<State, More, readonly []> | LocalStep<State, More, readonly []>,
  ): SagaAfterPivot<Input, State & More, Codes>;
  after(name: string, wait: Wait<State>): SagaAfterPivot<Input, State, Codes>;
  /** What to record when the saga was undone; `reason` is the code of the refusal (or of the outage) that ended it. */
  fails(record: (tx: Transaction, input: Input, reason: Codes | Outage) => Promise<void>): Saga<Input>;
};

/** A saga that was decided by the transaction that started it: it can't fail, so there is nothing to undo. */
export type DecidedSagaBuilder<Input extends object, State> = {
  step<More extends object = Added>(
    name: string,
    step: FinalStep<State, More, readonly []> | LocalStep<State, More, readonly []>,
  ): DecidedSagaBuilder<Input, State & More>;
  after(name: string, wait: Wait<State>): DecidedSagaBuilder<Input, State>;
  ends(): Saga<Input>;
};

/** A saga: a list of steps, and what undoes them. */
export type Saga<Input extends object = object> = {
  readonly name: string;
  readonly version: number;
  readonly input: TObject;
  /** Milliseconds from its start after which a saga that has not reached its pivot is undone. */
  readonly deadline: number | undefined;
  readonly migrations: Readonly<Record<number, Migration>>;
  readonly steps: readonly SagaStep[];
  readonly fails: (tx: Transaction, input: Input, reason: never) => Promise<void>;
};

/** A saga whatever its input. */
export type AnySaga = Saga<never>;

/**
 * Starts a saga inside a business transaction. `key` names the instance, in at most 500 characters: a second start with the same key does
 * nothing. Throws `invalid_input`, before anything is written, when the key or `input` can't be stored as they are, or `input` does not
 * fit the saga's schema.
 */
export type StartSaga = <Input extends object>(
  tx: Transaction,
  saga: Saga<Input>,
  start: { key: string; input: Input },
) => Promise<void>;

/**
 * Starts a saga that belongs to no other change: those that are started at the same time share one commit. Resolves once it is
 * committed; a second start with the same key does nothing. Throws `invalid_input` as {@link StartSaga} does.
 */
export type StartSagaAlone = <Input extends object>(
  saga: Saga<Input>,
  start: { key: string; input: Input },
) => Promise<void>;

type Definition = Omit<Saga, "steps" | "fails"> & { steps: SagaStep[] };

/**
 * Begins the definition of a saga. Its name and its steps' names are stored with each instance: don't rename them. Throws, as does each
 * step that is added, when a time, a version or a retry policy is no number or out of its bounds.
 */
export function saga<Schema extends TObject>(
  name: string,
  input: Schema,
  options: SagaOptions & {
    /** Milliseconds from its start after which a saga that has not reached its pivot is undone. Default: none. */
    deadline?: number;
  } = {},
): SagaBuilder<Static<Schema> & object, Static<Schema>> {
  return beforePivot(begin(name, input, options)) as never;
}

/** Begins the definition of a saga that is past its pivot from the start: each step is repeated until it succeeds. */
export function decidedSaga<Schema extends TObject>(
  name: string,
  input: Schema,
  options: SagaOptions = {},
): DecidedSagaBuilder<Static<Schema> & object, Static<Schema>> {
  return decided(begin(name, input, options)) as never;
}

function begin(name: string, input: TObject, options: SagaOptions & { deadline?: number }): Definition {
  const { version = 1, deadline, migrate = {} } = options;
  requireSaga({ name, version, deadline });
  return { name, version, input, deadline, migrations: migrate, steps: [] };
}

function beforePivot(definition: Definition): SagaBuilder<object, never, string> {
  return {
    step: (name, action) => beforePivot(withStep(definition, name, "undoable", action)) as never,
    after: (name, after) => beforePivot(withStep(definition, name, "timer", { after })),
    pivot: (name, action) => afterPivot(withStep(definition, name, "pivot", action)) as never,
  };
}

function afterPivot(definition: Definition): SagaAfterPivot<object, never, string> {
  return {
    step: (name, action) => afterPivot(withStep(definition, name, "retried", action)) as never,
    after: (name, after) => afterPivot(withStep(definition, name, "timer", { after })),
    fails: (record) => ({ ...definition, fails: record }),
  };
}

function decided(definition: Definition): DecidedSagaBuilder<object, never> {
  return {
    step: (name, action) => decided(withStep(definition, name, "retried", action)) as never,
    after: (name, after) => decided(withStep(definition, name, "timer", { after })),
    ends: () => ({ ...definition, fails: async () => {} }),
  };
}

function withStep(
  definition: Definition,
  name: string,
  kind: SagaStep["kind"],
  action: StepAction & StepRules<Sources>,
): Definition {
  requireStep(definition.name, name, action);
  // Keys of instances that began long ago do not tell a space from a dash.
  const named = (text: string) => text.replaceAll(" ", "-");
  if (definition.steps.some((step) => named(step.name) === named(name))) {
    throw new Error(`saga "${definition.name}" has two steps "${name}"`);
  }
  const step: SagaStep = { name, kind, action, refuses: codesOf(action.refuses) };
  return { ...definition, steps: [...definition.steps, step] };
}
