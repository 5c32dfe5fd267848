import fc from "fast-check";
import type { Decided, Handled, Remote, SagaScript, Scenario, Trouble, Unit, UseCase } from "./scenario.fixture.ts";
import { program } from "./serial-programs.fixture.ts";
import { MAY_PASS, noTimes, throwables, UNAVAILABLE, unsendables, unstorables } from "./throwables.fixture.ts";

/**
 * What scenarios have much of, so that a few of them find it (swarm testing: Groce et al., ISSTA 2012). `anything` has all of it, each at times.
 */
export const focuses = ["anything", "sharing", "hanging", "throwing", "away", "dying", "deciding", "sending"] as const;
export type Focus = (typeof focuses)[number];

type Weighted<T> = { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> };

const at = fc.constantFrom("begin" as const, "end" as const);
const flaky = fc.record({
  kind: fc.constant("flaky" as const),
  times: fc.integer({ min: 1, max: 2 }),
  thrown: fc.nat(MAY_PASS - 1),
  at,
});
const broken = fc.record({ kind: fc.constant("broken" as const), thrown: fc.nat(throwables.length - 1), at });
const unstorable = fc.record({ kind: fc.constant("unstorable" as const), returned: fc.nat(unstorables.length - 1) });
const none = fc.constant<Trouble>({ kind: "none" });
const hangs = fc.constant<Trouble>({ kind: "hangs" });
const deadly = fc.constant<Trouble>({ kind: "deadly" });
const stubborn = fc.constant<Trouble>({ kind: "stubborn" });
const maybe = <T>(given: fc.Arbitrary<T>, percent: number) =>
  fc.oneof({ weight: percent, arbitrary: given }, { weight: 100 - percent, arbitrary: fc.constant(undefined) });

const lost: Remote[] = ["away", "slow", "loses its answer"];
const no: Remote[] = ["broken", "refuses"];

/** The scenarios of a focus: a few use cases, and what follows from them. */
export function scenarios(focus: Focus): fc.Arbitrary<Scenario> {
  const about = <T>(subject: Focus, much: T, some: T, little: T): T =>
    focus === subject ? much : focus === "anything" ? some : little;
  const unit = (...troubles: Weighted<Trouble>[]): fc.Arbitrary<Unit> =>
    fc.record({ program, trouble: fc.oneof({ weight: 12, arbitrary: none }, ...troubles) });

  const handlerUnit = unit(
    { weight: about("throwing", 8, 4, focus === "dying" ? 6 : 0), arbitrary: flaky },
    { weight: about("throwing", 8, 4, 1), arbitrary: broken },
    { weight: about("hanging", 6, 1, 0), arbitrary: hangs },
    { weight: about("hanging", 4, 1, 0), arbitrary: stubborn },
    { weight: about("dying", 6, 1, 0), arbitrary: deadly },
  );
  /** Sagas ask again for ever when something is unavailable, so a step that is broken throws something else. */
  const defect = broken.filter(({ thrown }) => thrown !== UNAVAILABLE);
  const stepUnit = unit(
    { weight: about("throwing", 4, 3, 0), arbitrary: flaky },
    { weight: about("throwing", 4, 2, focus === "deciding" ? 10 : 0), arbitrary: defect },
    { weight: about("throwing", 4, 1, 0), arbitrary: unstorable },
    { weight: about("hanging", 6, 1, 0), arbitrary: hangs },
  );

  const remotes: Remote[] = [
    "does it",
    ...about("away", lost, lost, lost.slice(3)),
    ...about("deciding", no, no, no.slice(1)),
  ];
  const saga: fc.Arbitrary<SagaScript> = fc.record({
    hold: stepUnit,
    unhold: stepUnit,
    remote: fc.constantFrom(...remotes),
    take: stepUnit,
    noTime: maybe(fc.nat(noTimes.length - 1), about("away", 50, 10, focus === "throwing" ? 30 : 0)),
    after: stepUnit,
    record: stepUnit,
  });

  const often = (subject: Focus) => fc.nat(99).map((number) => number < about(subject, 50, 8, 0));
  const handled: fc.Arbitrary<Handled> = fc.record({
    key: fc.constantFrom("a", "b"),
    large: often("sending"),
    strange: often("sending"),
    unit: handlerUnit,
  });
  const useCase: fc.Arbitrary<UseCase> = fc.record({
    way: fc.constantFrom("transaction" as const, "group" as const),
    unit: unit({ weight: about("throwing", 4, 2, 0), arbitrary: broken }),
    unsendable: maybe(fc.nat(unsendables.length - 1), about("sending", 50, 10, 0)),
    handlers: fc.array(handled, { maxLength: 2, minLength: about("dying", 2, 0, 0) }),
    saga: maybe(saga, about("deciding", 90, 50, ["throwing", "away"].includes(focus) ? 90 : 50)),
  });
  const restart = fc.record({
    part: fc.constantFrom("consumer" as const, ...about<("runner" | "relay")[]>("dying", [], ["runner", "relay"], [])),
    after: fc.integer({ min: 0, max: 40 }),
    kill: often("dying"),
  });

  return fc.record({
    useCases: fc.array(useCase, { minLength: about("sharing", 2, 1, 1), maxLength: 2 }),
    restarts: fc.array(restart, { maxLength: about("dying", 1, 1, 0) }),
    outage: fc.nat(about("away", 6, 4, 0)),
    upgrade: often("deciding"),
    decided: fc.constantFrom<Decided>(
      "retry",
      ...about<Decided[]>("deciding", ["skip", "compensate"], ["skip", "compensate"], []),
    ),
    operators: fc.constantFrom("redrive" as const, "redrive and discard" as const),
    between: fc.nat(30),
  });
}
