import { deepEqual, match } from "node:assert/strict";
import { describe, it } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import { eventually } from "../../testing/eventually.ts";
import { hurriedClock } from "../../testing/hurried-clock.ts";
import type { Happened } from "../messaging.fixture.ts";
import type { EventHandler } from "../messaging.ts";
import {
  body,
  consuming,
  deadLetters,
  effectsBecome,
  happened,
  oneDeadLetter,
  writeEffect,
} from "./consumer.fixture.ts";

describe("a handler that something else is not available for", () => {
  const thrown: [string, unknown][] = [
    ["as a typed client says it", unavailable.failure({ cause: new Error("connect ECONNREFUSED 127.0.0.1:1") })],
    ["without a cause", unavailable.failure()],
    [
      "as another database says it",
      unavailable.failure({ cause: Object.assign(new Error("gone"), { code: "57P01" }) }),
    ],
  ];
  for (const [what, error] of thrown) {
    it(`is counted and parked after its attempts, ${what}, and others flow`, async (t) => {
      const handle: EventHandler<Happened> = async (body, tx, message) => {
        if (body.thingId === "poison") throw error;
        await writeEffect(body, tx, message);
      };
      const { database, broker } = await consuming(t, handle, { attempts: 3, concurrency: 4 });
      const poison = Array.from({ length: 8 }, () => happened({ thingId: "poison", number: 1 }, { key: newId() }));
      await broker.publish([...poison, happened({ thingId: "a", number: 2 })]);
      await effectsBecome(database, 2);
      await eventually(async () => (await deadLetters(database)).length === 8);
      deepEqual(new Set((await deadLetters(database)).map(({ attempts }) => attempts)), new Set([3]));
    });
  }

  it("is counted although it met its own database's outage, when it always does", async (t) => {
    const handle: EventHandler<Happened> = async (_, tx) => {
      await tx.query("select pg_terminate_backend(pg_backend_pid())");
    };
    const { database, broker } = await consuming(t, handle, { attempts: 1, clock: hurriedClock });
    await broker.publish([happened(body)]);
    match((await oneDeadLetter(database)).cause, /unavailable: /);
  });
});
