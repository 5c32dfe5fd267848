import assert from "node:assert/strict";
import { test } from "node:test";
import { type Failure, outage, unavailable } from "../../core/failure/failure.ts";
import { eventually } from "../../testing/eventually.ts";
import { type AnySaga, decidedSaga, type Saga, saga } from "../definition/saga.ts";
import { Order, replica, sagaDatabase } from "./sagas-under-test.fixture.ts";

const nothing = async () => {};
const once = { retry: { faults: 1 } };

const unreadable = (field: string) =>
  Object.defineProperty(new Error("no"), field, {
    get() {
      throw new Error("unreadable");
    },
  });

const odd: [string, unknown][] = [
  ["an object without a prototype", Object.create(null)],
  ["an error whose stack throws", unreadable("stack")],
  ["an error whose message throws", unreadable("message")],
  ["an error whose cause throws", unreadable("cause")],
  ["a symbol", Symbol("s")],
  ["nothing", undefined],
  ["a proxy", new Proxy(new Error("no"), { get: () => Object.create(null) })],
  ["a text cut within an emoji", Object.assign(new Error(), { stack: `${"a".repeat(1_999)}😀` })],
  ["NUL", new Error("a\0b")],
  ["a failure that is unreadable", Object.assign(outage("away", 503, "Away").failure(), { message: 7n })],
];

/** Whatever authors write: in a step, in a local one, in undoing, in recording, in a timer. */
const places: [string, (thrown: unknown) => Saga<Order>][] = [
  [
    "a step",
    (thrown) =>
      decidedSaga("a step", Order)
        .step("bill", { do: () => Promise.reject(thrown), ...once })
        .ends(),
  ],
  [
    "a local step",
    (thrown) =>
      decidedSaga("a local step", Order)
        .step("bill", { within: () => Promise.reject(thrown), ...once })
        .ends(),
  ],
  [
    "a timer",
    (thrown) =>
      decidedSaga("a timer", Order)
        .step("begin", { within: nothing })
        .after("a while", () => {
          throw thrown;
        })
        .ends(),
  ],
];

test("whatever is thrown, wherever, is counted and parks the saga as any fault does", async (t) => {
  const { database } = await sagaDatabase(t);
  for (const [place, define] of places) {
    for (const [what, thrown] of odd) {
      const definition = define(thrown);
      const one = replica(t, database, `${place} ${what}`, [definition]);
      one.begin();
      await one.start(definition, what);
      await eventually(async () => {
        const [row] = await database.query<{ status: string }>("select status from saga where name = $1 and key = $2", [
          place,
          what,
        ]);
        return row?.status === "parked";
      });
      await one.stop();
    }
  }
  const rows = await database.query<{ cause: string }>("select entry ->> 'cause' as cause from saga_history");
  assert.ok(rows.every(({ cause }) => cause === null || cause.length > 0));
});

/** Waits until the only saga is parked, and returns why. */
const whyParked = (database: Parameters<typeof replica>[1]) =>
  eventually(async () => {
    const [row] = await database.query<{ status: string; cause: string }>(
      "select status, history[cardinality(history)] ->> 'cause' as cause from saga",
    );
    return row?.status === "parked" && row.cause;
  });

const senseless: [string, AnySaga & Saga<Order>, RegExp][] = [
  ["a saga without steps", decidedSaga("sell", Order).ends(), /has no step 0/],
  ...[1e300, Number.NaN, Number.POSITIVE_INFINITY, "7", undefined, 7n, new Promise<never>(() => {})].map(
    (wait): [string, Saga<Order>, RegExp] => [
      `a timer that waits for ${typeof wait} ${wait}`,
      decidedSaga("sell", Order)
        .after("a while", () => wait as never)
        .ends(),
      /timer "a while" waits for/,
    ],
  ),
  [
    "a step that returns a date",
    decidedSaga("sell", Order)
      .step("bill", { do: async () => ({ at: new Date(0) }), ...once })
      .ends(),
    /\/at is of class Date/,
  ],
];

for (const [what, definition, why] of senseless) {
  test(`${what} is parked like any fault`, async (t) => {
    const { database } = await sagaDatabase(t);
    const one = replica(t, database, "one", [definition]);
    one.begin();
    await one.start(definition, "7");
    assert.match(await whyParked(database), why);
  });
}

const migrations: [string, () => unknown, RegExp][] = [
  [
    "throws what can't be described",
    () => {
      throw Object.create(null);
    },
    /can't be described/,
  ],
  ["returns a BigInt in the input", () => ({ input: { orderId: 7n }, added: {}, step: "bill" }), /orderId is a BigInt/],
  [
    "returns a Map as what was added",
    () => ({ input: { orderId: "7" }, added: { a: new Map() }, step: "bill" }),
    /Map/,
  ],
  ["returns NUL", () => ({ input: { orderId: "\0" }, added: {}, step: "bill" }), /NUL/],
  ["never returns", () => new Promise(() => {}), /leads to step "undefined"|is required|object/],
];

for (const [what, migrate, why] of migrations) {
  test(`an instance whose migration ${what} is parked, with the cause`, async (t) => {
    const { database } = await sagaDatabase(t);
    const first = decidedSaga("sell", Order).step("bill", { do: nothing }).ends();
    await replica(t, database, "old", [first]).start(first, "7");
    await database.query("update saga set owner = null, due_at = now()");
    const second = decidedSaga("sell", Order, { version: 2, migrate: { 1: migrate as never } })
      .step("bill", { do: nothing })
      .ends();
    replica(t, database, "new", [second]).begin();
    assert.match(await whyParked(database), why);
  });
}

const retryAfters = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -7, 1e300, "soon" as never];

test("however long a service says it is away, the saga waits for a time that ends, within its step's own", async (t) => {
  const { database } = await sagaDatabase(t);
  const failures = new Map(retryAfters.map((retryAfter) => [String(retryAfter), unavailable.failure({ retryAfter })]));
  const definition = saga("sell", Order)
    .pivot("charge", { do: ({ orderId }) => Promise.reject(failures.get(orderId) as Failure) })
    .fails(nothing);
  const one = replica(t, database, "one", [definition]);
  one.begin();
  await one.start(definition, ...failures.keys());
  await eventually(async () => {
    const tried = await database.query("select 1 from saga where attempts >= 1");
    return tried.length === failures.size;
  });
  const late = await database.query(
    "select key from saga where due_at is null or due_at > now() + interval '3700 seconds'",
  );
  assert.deepEqual(late, []);
});

test("the database refuses an instance under way that is never due", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = decidedSaga("sell", Order).step("bill", { do: nothing }).ends();
  await replica(t, database, "one", [definition]).start(definition, "7");
  for (const never of ["null", "'infinity'"]) {
    await assert.rejects(database.query(`update saga set due_at = ${never}`), /saga_is_due/);
  }
});
