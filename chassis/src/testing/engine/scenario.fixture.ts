import fc from "fast-check";
import { internalError, refusal, unavailable } from "../../core/failure.ts";
import { type Program, program } from "./serial-programs.fixture.ts";

/** What a piece of work does besides its program: nothing, fails a few times, fails until it is repaired, or does not return once. */
export type Trouble =
  | { readonly kind: "none" }
  | { readonly kind: "flaky"; readonly times: number; readonly thrown: number; readonly at: "begin" | "end" }
  | { readonly kind: "broken"; readonly thrown: number; readonly at: "begin" | "end" }
  | { readonly kind: "hangs" };

/** A piece of work in one transaction. */
export type Unit = { readonly program: Program; readonly trouble: Trouble };

/** A service that a saga asks: it does it, does it but loses its answer, fails a few times first, or refuses. */
export type Remote = "does it" | "loses its answer" | "flaky" | "refuses";

/** What a saga of the scenario does at each of its steps. */
export type SagaScript = {
  readonly hold: Unit;
  readonly unhold: Unit;
  readonly remote: Remote;
  readonly take: Unit;
  readonly after: Unit;
  readonly record: Unit;
};

/** A use case: it publishes an event for each handler, and may start a saga. */
export type UseCase = {
  readonly way: "transaction" | "group";
  readonly unit: Unit;
  readonly handlers: readonly { readonly key: string; readonly unit: Unit }[];
  readonly saga: SagaScript | undefined;
};

export type Scenario = {
  readonly useCases: readonly UseCase[];
  /** Parts that are stopped and started again, so many milliseconds after the beginning. */
  readonly restarts: readonly { readonly part: "consumer" | "runner" | "relay"; readonly after: number }[];
  /** What operators do about dead letters: have them handled again (two of them at once), or discard them while another wants them handled. */
  readonly operators: "redrive" | "redrive and discard";
};

const declined = refusal("engine_declined", 409, "Declined");

/** What code may throw; each is made anew. The first few may pass, as far as anybody can tell. */
export const throwables: readonly (() => unknown)[] = [
  () => new Error("does not work"),
  () => "a text",
  () => undefined,
  () => Object.create(null),
  () => Object.defineProperty(new Error("secretive"), "stack", { get: () => assertNever() }),
  () => new Error(`${"x".repeat(1_999)}🚀 \0 \ud800`),
  () => Symbol("thrown"),
  () => new Proxy({}, { get: assertNever, getPrototypeOf: assertNever }),
  () => unavailable.failure({ retryAfter: Number.NaN }),
  () => internalError.failure(),
  () => declined.failure({ cause: { toString: assertNever } }),
];
/** So many of them are tried again. */
const MAY_PASS = 8;

function assertNever(): never {
  throw new Error("looked at what was thrown");
}

const at = fc.constantFrom("begin" as const, "end" as const);
const flaky = fc.record({
  kind: fc.constant("flaky" as const),
  times: fc.integer({ min: 1, max: 2 }),
  thrown: fc.nat(MAY_PASS - 1),
  at,
});
const broken = fc.record({ kind: fc.constant("broken" as const), thrown: fc.nat(throwables.length - 1), at });
const none = fc.constant<Trouble>({ kind: "none" });

const unitWith = (trouble: fc.Arbitrary<Trouble>): fc.Arbitrary<Unit> => fc.record({ program, trouble });
const handlerUnit = unitWith(
  fc.oneof(
    { weight: 12, arbitrary: none },
    { weight: 4, arbitrary: flaky },
    { weight: 4, arbitrary: broken },
    { weight: 1, arbitrary: fc.constant<Trouble>({ kind: "hangs" }) },
  ),
);
/** Sagas ask again for ever when something is unavailable, so a step that is broken throws something else. */
const stepUnit = unitWith(
  fc.oneof(
    { weight: 12, arbitrary: none },
    { weight: 3, arbitrary: flaky },
    { weight: 2, arbitrary: broken.filter(({ thrown }) => thrown !== 8) },
  ),
);

const saga: fc.Arbitrary<SagaScript> = fc.record({
  hold: stepUnit,
  unhold: stepUnit,
  remote: fc.constantFrom<Remote>("does it", "does it", "loses its answer", "flaky", "refuses"),
  take: stepUnit,
  after: stepUnit,
  record: stepUnit,
});

const useCase: fc.Arbitrary<UseCase> = fc.record({
  way: fc.constantFrom("transaction" as const, "group" as const),
  unit: unitWith(fc.oneof({ weight: 5, arbitrary: none }, { weight: 1, arbitrary: broken })),
  handlers: fc.array(fc.record({ key: fc.constantFrom("a", "b"), unit: handlerUnit }), { maxLength: 2 }),
  saga: fc.option(saga, { nil: undefined }),
});

/** A few use cases, and what follows from them. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  useCases: fc.array(useCase, { minLength: 1, maxLength: 2 }),
  restarts: fc.array(
    fc.record({
      part: fc.constantFrom("consumer" as const, "runner" as const, "relay" as const),
      after: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 1 },
  ),
  operators: fc.constantFrom("redrive" as const, "redrive and discard" as const),
});
