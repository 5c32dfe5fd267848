import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../database/database.ts";
import type { DeadLetterOperations } from "../../messaging/dead-letters/operate-dead-letters.ts";
import type { SagaOperations } from "../../saga/operations/operate-sagas.ts";
import type { Decided, Scenario } from "./scenario.fixture.ts";
import type { Place } from "./scripted-work.fixture.ts";

/** A saga that was parked, and how many of the two operators who decided the same at once were told that it is done. */
export type DecidedSaga = {
  readonly useCase: number;
  readonly step: string | null;
  readonly from: "running" | "compensating";
  readonly decided: Decided;
  readonly accepted: number;
};

type Parked = { id: string; input: Place; step: string | null; parked_from: "running" | "compensating"; fence: number };

const operator = { by: "operator", reason: "a test" };

/** Lets two operators decide about all that is parked, at the same time. A saga that can't go back is tried again. */
export async function decide(on: {
  database: Database;
  sagas: SagaOperations;
  letters: DeadLetterOperations;
  scenario: Scenario;
}): Promise<DecidedSaga[]> {
  const { database, sagas, letters } = on;
  const { decided, operators, between } = on.scenario;

  async function twice({ id, fence }: Parked, action: Decided): Promise<number> {
    const both = [1, 2].map(() => sagas.act(id, { action, fence, ...operator }));
    return (await Promise.allSettled(both)).filter(({ status }) => status === "fulfilled").length;
  }

  async function decideSaga(saga: Parked): Promise<DecidedSaga> {
    const about = { useCase: saga.input.useCase, step: saga.step, from: saga.parked_from };
    const accepted = await twice(saga, decided);
    if (accepted > 0) return { ...about, decided, accepted };
    return { ...about, decided: "retry", accepted: await twice(saga, "retry") };
  }

  const parked = await database.query<Parked>(
    "select id, input, step, parked_from, fence from saga where status = 'parked'",
  );
  // Of two that decide about the same dead letters the second may find none.
  const messages = Promise.allSettled([
    letters.redrive({}, 1_000, operator),
    delay(between).then(() =>
      operators === "redrive" ? letters.redrive({}, 1_000, operator) : letters.discard({}, operator),
    ),
  ]);
  const decisions = await Promise.all(parked.map(decideSaga));
  await messages;
  return decisions;
}
