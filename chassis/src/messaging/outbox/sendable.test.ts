import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { event } from "../../contract/event.ts";
import { Fields } from "../../contract/schema.ts";
import { systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure/failure.ts";
import { eventually } from "../../testing/eventually.ts";
import { drivers } from "../brokers/brokers.fixture.ts";
import { startConsumer } from "../consumer/consumer.ts";
import { LARGEST_MESSAGE } from "../envelope.ts";
import { quiet, serviceDatabase } from "../messaging.fixture.ts";
import { on } from "../messaging.ts";
import { createPublish } from "./outbox.ts";
import { createRelay } from "./relay.ts";

const anything = Type.Unsafe<unknown>({});
const told = event("thing.told", {
  key: "key",
  body: Fields({ key: Type.Optional(anything), needed: Type.Integer(), value: Type.Optional(anything) }),
});
const publish = createPublish({ service: "things", onCommit: () => {} });
const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
const circle: Record<string, unknown> = {};
circle["round"] = circle;

class Point {
  readonly x = 1;
}
class Dropping {
  readonly key = "a";
  readonly needed = 1;
  toJSON() {
    return { key: this.key };
  }
}

const sound = { key: "a", needed: 1 };
const refused: [string, unknown, string][] = [
  ["a required field that is missing", { key: "a" }, "/needed"],
  ["a required field that toJSON drops", new Dropping(), "/needed"],
  ["a required field that is undefined", { key: "a", needed: undefined }, "/needed"],
  ["no key", { needed: 1 }, "/key"],
  ["an undefined key", { ...sound, key: undefined }, "/key"],
  ["null as the key", { ...sound, key: null }, "/key"],
  ["an object as the key", { ...sound, key: {} }, "/key"],
  ["a key of 1,001 bytes", { ...sound, key: `${"é".repeat(500)}x` }, ""],
  ["NUL", { ...sound, value: { text: "a\0b" } }, "/value/text"],
  ["NUL in a name", { ...sound, value: { "a\0b": 1 } }, "/value/a\0b"],
  ["half of a character", { ...sound, value: ["\ud83d"] }, "/value/0"],
  ["half of a character as the key", { ...sound, key: "\ude00" }, "/key"],
  ["BigInt", { ...sound, value: 1n }, "/value"],
  ["a circle", { ...sound, value: circle }, ""],
  ["NaN", { ...sound, value: Number.NaN }, "/value"],
  ["Infinity", { ...sound, needed: Number.POSITIVE_INFINITY }, "/needed"],
  ["a Date", { ...sound, value: new Date() }, "/value"],
  ["a Map", { ...sound, value: new Map([[1, 2]]) }, "/value"],
  ["a Set in a list", { ...sound, value: [new Set()] }, "/value/0"],
  ["bytes", { ...sound, value: Buffer.from("a") }, "/value"],
  ["a URL", { ...sound, value: new URL("http://a") }, "/value"],
  ["a RegExp", { ...sound, value: /a/ }, "/value"],
  ["an error", { ...sound, value: new Error("a") }, "/value"],
  ["a boxed number", { ...sound, value: Object(1) }, "/value"],
  ["a function", { ...sound, value: () => {} }, "/value"],
  ["a symbol", { ...sound, value: Symbol("a") }, "/value"],
  ["undefined in a list", { ...sound, value: [undefined] }, "/value/0"],
  ["a hole in a list", { ...sound, value: new Array(1) }, "/value/0"],
  ["70 levels", { ...sound, value: nested(70) }, ""],
  ["10,000 levels", { ...sound, value: nested(10_000) }, ""],
  ["a megabyte", { ...sound, value: "x".repeat(LARGEST_MESSAGE) }, ""],
  ["nothing", undefined, ""],
  ["null", null, ""],
  ["a text", "a", ""],
  ["a list", [], ""],
];

describe("publish", () => {
  for (const [what, body, path] of refused) {
    it(`refuses ${what} with invalid_input, before anything is written`, async (t) => {
      const { database } = await serviceDatabase(t);
      await database.transaction(async (tx) => {
        await rejects(publish(tx, told, body as never), (error: unknown) => {
          equal(error instanceof Failure && error.code, "invalid_input");
          const paths = (error as Failure).errors?.map((fault) => fault.path) ?? [];
          equal(
            paths.some((each) => each.startsWith(path)),
            true,
            JSON.stringify((error as Failure).errors).slice(0, 300),
          );
          return true;
        });
        await publish(tx, told, sound);
      });
      equal((await database.query("select 1 from outbox")).length, 1);
    });
  }

  it("sends what JSON says of it, and leaves what it was given as it was", async (t) => {
    const { database } = await serviceDatabase(t);
    const given = {
      ...sound,
      value: { none: undefined, point: new Point(), bare: Object.assign(Object.create(null), { a: 1 }) },
    };
    await database.transaction((tx) => publish(tx, told, given));
    const [row] = await database.query<{ body: unknown }>("select message -> 'body' as body from outbox");
    deepEqual(row?.body, { ...sound, value: { point: { x: 1 }, bare: { a: 1 } } });
    equal("none" in given.value, true);
  });
});

for (const { name, skip, make } of drivers) {
  describe(`what publish accepts, on the ${name} broker`, { skip, timeout: 60_000 }, () => {
    it("is delivered as it was published, or as large as it may be", async (t) => {
      const { database } = await serviceDatabase(t);
      const broker = await (await make(t)).connect();
      const seen = new Map<unknown, unknown>();
      const stop = await startConsumer({
        consumer: "reader",
        database,
        broker,
        subscriptions: [on(told, async (body) => void seen.set(body.needed, body))],
        clock: systemClock,
        log: quiet,
      });
      const relay = createRelay({ database, broker, clock: systemClock, log: quiet, interval: 20 });
      relay.start();
      t.after(async () => {
        await Promise.all([stop(), relay.stop()]);
        await broker.close();
      });
      const key = fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 20 }),
        fc.integer(),
        fc.constant("\u{10ffff}".repeat(250)),
      );
      const values = fc.sample(fc.tuple(key, fc.jsonValue({ stringUnit: "grapheme" })), 60);
      const extremes = [nested(61), "x".repeat(LARGEST_MESSAGE - 600), "'\"\\{}$1 ", -0, 1e300, { __proto: 1 }];
      const accepted: unknown[] = [];
      for (const [index, [key, value]] of [...values, ...extremes.map((value) => ["a", value] as const)].entries()) {
        const body = { key, needed: index, value };
        await database
          .transaction((tx) => publish(tx, told, body))
          .then(
            () => accepted.push(JSON.parse(JSON.stringify(body))),
            (error) => equal((error as Failure).code, "invalid_input"),
          );
      }
      equal(accepted.length > extremes.length + 30, true);
      await eventually(() => seen.size === accepted.length);
      for (const body of accepted) deepEqual(seen.get((body as { needed: number }).needed), body);
      deepEqual(await database.query("select cause from dead_letter"), []);
    });
  });
}
