import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import {
  body,
  consuming,
  deadLetters,
  effectsBecome,
  happened,
  oneDeadLetter,
  writeEffect,
} from "../consumer/consumer.fixture.ts";
import { operateDeadLetters } from "../dead-letters/operate-dead-letters.ts";
import { startRedriver } from "../dead-letters/redriver.ts";
import { LARGEST_MESSAGE } from "../envelope.ts";
import type { Message } from "../message.ts";
import type { Happened } from "../messaging.fixture.ts";
import { quiet, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";

describe("what can't be written down as it is", () => {
  const bodies: [string, unknown][] = [
    ["NUL", { thingId: "a", number: 1, text: "a\0b", "\0": 1 }],
    ["half of a character", { thingId: "a", number: 1, text: "\ud800", "\udfff": "\udfff\ud800" }],
    ["a megabyte", { thingId: "a", number: 1, text: "x".repeat(LARGEST_MESSAGE - 1_000) }],
  ];
  for (const [what, given] of bodies) {
    it(`is parked, shown, edited and redriven all the same: ${what}`, async (t) => {
      const { database, broker } = await consuming(t);
      const strange = { type: "thing.happened", key: "k\0\ud800", requestId: "\0" };
      await broker.publish([testMessage({ ...strange, body: given }), happened({ thingId: "b", number: 2 })]);
      await effectsBecome(database, 2);
      const { id } = await oneDeadLetter(database);
      const operations = operateDeadLetters({ database, subscriptions: [], onChange() {} });
      deepEqual(((await operations.show(id)).message as Message).body, given);
      const edited = await operations.edit(id, { body: { thingId: "a", number: 3 } }, { by: "\0", reason: "\ud800\0" });
      deepEqual((edited.history[0] as { before: unknown }).before, { body: given, version: 1 });
      equal((await operations.list({ limit: 10 })).items.length, 1);
      await operations.redrive({}, 100, { by: "a", reason: "b" });
      const around = { consumer: "reader", clock: systemClock, log: quiet, interval: 20 };
      const redriver = startRedriver({ ...around, database, subscriptions: [on(thingHappened, writeEffect)] });
      t.after(() => redriver.stop());
      await effectsBecome(database, 2, 3);
    });
  }

  const throwing = Object.defineProperty(new Error("sound"), "stack", {
    get() {
      throw new Error("no");
    },
  });
  const deep = JSON.parse("[".repeat(5_000) + "]".repeat(5_000));
  const strange: [string, Partial<Message>, unknown][] = [
    ["a type with NUL", { type: "thing.\0" }, undefined],
    ["a thrown object without a prototype", {}, Object.create(null)],
    ["an error whose stack throws", {}, throwing],
    ["a body 5,000 deep", { body: deep }, undefined],
  ];
  for (const [what, given, error] of strange) {
    it(`is parked, and holds up nothing: ${what}`, async (t) => {
      const fails: EventHandler<Happened> = async (body, tx, message) => {
        if (body.number === 1) throw error;
        await writeEffect(body, tx, message);
      };
      const { database, broker } = await consuming(t, fails, { attempts: 1 });
      await broker.declare(new Map([["thing.\0", ["reader"]]]));
      await broker.publish([happened(body, given), happened({ thingId: "a", number: 2 })]);
      await effectsBecome(database, 2);
      await oneDeadLetter(database);
      equal((await deadLetters(database)).length, 1);
    });
  }
});
