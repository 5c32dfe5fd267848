import type { Contract } from "../../contract/contract.ts";
import type { Event } from "../../contract/event.ts";
import type { Database } from "../../database/database.ts";
import type { Message } from "../../messaging/message.ts";
import { eventually } from "../eventually.ts";
import type { TestFaults } from "./test-faults.ts";

/** A message that the service could not handle. */
export type ParkedMessage = {
  readonly type: string;
  /** What was wrong, in one line. */
  readonly cause: string;
  readonly attempts: number;
  readonly message: Message;
};

/** A saga that has come to its end: `failed` when it was undone, with why. */
export type EndedSaga = { readonly status: "done" | "failed"; readonly reason: string | null };

/** A saga that waits for a person. */
export type ParkedSaga = {
  readonly name: string;
  readonly key: string;
  readonly step: string | null;
  readonly cause: string | null;
};

/** What a service has written down of its events and sagas, read from its database. */
export type Inside = {
  /** All events that it has published, in the order in which they were written. */
  published(): Promise<Message[]>;
  /**
   * The bodies of those of one kind. Waits until there are at least `atLeast` (default 0) of them, and rejects after 20 s. What a call
   * published is there when the call has returned.
   */
  published<Body>(event: Event<Body>, atLeast?: number): Promise<Body[]>;
  /** The messages that it could not handle, oldest first. */
  deadLetters(): Promise<ParkedMessage[]>;
  /** Waits until the saga of that name and key is at its end. Rejects, with the cause, when it is parked, and after 20 s. */
  sagaEnd(saga: string | { readonly name: string }, key: string): Promise<EndedSaga>;
  /** The sagas that wait for a person, oldest first. */
  parkedSagas(): Promise<ParkedSaga[]>;
};

/** Looks into the database of a service. */
export function lookInside(database: Database, { service, events }: Contract, faults: TestFaults): Inside {
  const messages = async () =>
    (await database.query<{ message: Message }>("select message from outbox order by seq")).map(
      ({ message }) => message,
    );

  async function published<Body>(event?: Event<Body>, atLeast = 0): Promise<Message[] | Body[]> {
    if (event === undefined) return messages();
    if (!Object.values(events).some(({ type }) => type === event.type))
      throw new Error(`${event.type} is not an event of ${service}`);
    return faults.orFault(
      within(
        async () => {
          const found = (await messages()).filter(({ type }) => type === event.type);
          return found.length >= atLeast && found.map(({ body }) => body as Body);
        },
        async () => `there are not ${atLeast} of ${event.type}, only ${typesIn(await messages())}`,
      ),
    );
  }

  const parkedSagas = () =>
    database.query<ParkedSaga>(
      `select name, key, step, history[array_upper(history, 1)] ->> 'cause' as cause from saga
       where status = 'parked' order by id`,
    );

  return {
    published: published as Inside["published"],
    parkedSagas,
    deadLetters: () =>
      database.query<ParkedMessage>("select type, cause, attempts, message from dead_letter order by id"),
    async sagaEnd(saga, key) {
      const name = typeof saga === "string" ? saga : saga.name;
      const find = async () =>
        (
          await database.query<{ status: string; reason: string | null }>(
            "select status, reason from saga where name = $1 and key = $2",
            [name, key],
          )
        )[0];
      const found = await faults.orFault(
        within(
          async () => {
            const saga = await find();
            return saga && ["done", "failed", "parked"].includes(saga.status) && saga;
          },
          async () => `the saga "${name}" of ${key} is ${(await find())?.status ?? "not there"}`,
        ),
      );
      if (found.status === "parked") {
        const parked = (await parkedSagas()).find((each) => each.name === name && each.key === key);
        throw new Error(`the saga "${name}" of ${key} is parked at "${parked?.step}": ${parked?.cause}`);
      }
      return found as EndedSaga;
    },
  };
}

const typesIn = (messages: readonly Message[]): string => messages.map(({ type }) => type).join(", ") || "nothing";

/** What `ask` resolves with once that is something; rejects after 20 s with what `otherwise` says. */
async function within<T>(ask: () => Promise<T>, otherwise: () => Promise<string>) {
  try {
    return await eventually(ask);
  } catch (cause) {
    throw new Error(`${await otherwise()}, after 20 s`, { cause });
  }
}
