import type { Program } from "./serial-programs.fixture.ts";

/**
 * What a piece of work does besides its program: nothing; fails a few times; throws, or returns what can't be stored, until it is repaired;
 * does not return once; ends its process each time; throws, and when it is handled again after that never returns.
 */
export type Trouble =
  | { readonly kind: "none" }
  | { readonly kind: "flaky"; readonly times: number; readonly thrown: number; readonly at: "begin" | "end" }
  | { readonly kind: "broken"; readonly thrown: number; readonly at: "begin" | "end" }
  | { readonly kind: "unstorable"; readonly returned: number }
  | { readonly kind: "hangs" }
  | { readonly kind: "deadly" }
  | { readonly kind: "stubborn" };

/** A piece of work in one transaction. */
export type Unit = { readonly program: Program; readonly trouble: Trouble };

/**
 * A service that a saga asks: it does it; does it but loses its answer; is away for longer than faults are counted; takes longer than an
 * attempt may; throws until it is repaired; or refuses.
 */
export type Remote = "does it" | "loses its answer" | "away" | "slow" | "broken" | "refuses";

/** What a saga of the scenario does at each of its steps. */
export type SagaScript = {
  readonly hold: Unit;
  readonly unhold: Unit;
  readonly remote: Remote;
  readonly take: Unit;
  /** What its timer returns until it is repaired: no time at all, by its number; undefined: a short one. */
  readonly noTime: number | undefined;
  readonly after: Unit;
  readonly record: Unit;
};

/** An event, and what its handler does. It is published, or a stranger hands it to the broker twice, its id spelled in two ways. */
export type Handled = { readonly key: string; readonly large: boolean; readonly strange: boolean; readonly unit: Unit };

/** A use case: it publishes an event for each handler, and may start a saga. */
export type UseCase = {
  readonly way: "transaction" | "group";
  readonly unit: Unit;
  /** What it publishes or starts at its end that is refused, by its number. */
  readonly unsendable: number | undefined;
  readonly handlers: readonly Handled[];
  readonly saga: SagaScript | undefined;
};

/** What operators decide about each parked saga, two of them at once. */
export type Decided = "retry" | "skip" | "compensate";

export type Scenario = {
  readonly useCases: readonly UseCase[];
  /** Parts that are stopped and started again, so many milliseconds after the beginning; a consumer may be killed in place of stopped. */
  readonly restarts: readonly {
    readonly part: "consumer" | "runner" | "relay";
    readonly after: number;
    readonly kill: boolean;
  }[];
  /** So many times in a row the broker takes nothing. */
  readonly outage: number;
  /** Whether sagas go on with another version, with a step more at its beginning, before the operators decide. */
  readonly upgrade: boolean;
  readonly decided: Decided;
  /** What operators do about dead letters: have them handled again (two of them at once), or discard them while another wants them handled. */
  readonly operators: "redrive" | "redrive and discard";
  /** Milliseconds between the two. */
  readonly between: number;
};
