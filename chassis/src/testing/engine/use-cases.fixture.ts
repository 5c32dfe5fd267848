import { failureFrom } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { groupTransactions } from "../../database/transactions/group-transactions.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { eventually } from "../eventually.ts";
import { ran, type startParts } from "./engine-parts.fixture.ts";
import type { UseCase } from "./scenario.fixture.ts";
import type { Place } from "./scripted-work.fixture.ts";
import { unsendables } from "./throwables.fixture.ts";

/** A large event, and so many more of its kind behind it, which are handled by nothing: together more than is sent at once. */
const LARGE = "x".repeat(900_000);
export const BALLAST = 11;

/** The keys of sagas, which are easily taken for each other where they are joined with other names. */
const keyOf = ({ run, useCase }: Place) => `${run}${[" ", "-"][useCase]}x`;

/** What runs the use cases of scenarios. */
export function createUseCases(database: Database, broker: Broker, parts: Awaited<ReturnType<typeof startParts>>) {
  const { work } = parts;
  const grouped = groupTransactions(database);

  async function publishAll(tx: Transaction, place: Place, { handlers }: UseCase): Promise<void> {
    for (const [handler, { key, large, strange }] of handlers.entries()) {
      if (strange) continue;
      const padding = large ? { padding: LARGE } : {};
      for (let number = 0; number <= (large ? BALLAST : 0); number++) {
        await parts.publish(tx, ran, { ...place, handler: number === 0 ? handler : -1, key, ...padding });
      }
    }
  }

  async function trySending(tx: Transaction, place: Place, unsendable: number | undefined): Promise<void> {
    const tried = unsendable === undefined ? undefined : unsendables[unsendable];
    if (!tried) return;
    const body = { ...place, handler: -1, key: "a" };
    if (tried.what === "publish") await parts.publish(tx, ran, { ...body, ...(tried.given as object) });
    else await parts.startSaga(tx, parts.definition(), { key: tried.given as string, input: place });
  }

  /** Resolves with the code of the failure when it is not committed. */
  async function run(useCase: UseCase, place: Place): Promise<string | undefined> {
    const inTransaction = async (tx: Transaction) => {
      await work.useCase(tx, place);
      await publishAll(tx, place, useCase);
      if (useCase.saga) await parts.startSaga(tx, parts.definition(), { key: keyOf(place), input: place });
      await trySending(tx, place, useCase.unsendable);
    };
    const running =
      useCase.way === "group" ? grouped(keyOf(place), inTransaction) : database.transaction(inTransaction);
    return running.then(
      () => undefined,
      (error: unknown) => failureFrom(error).code,
    );
  }

  /** A stranger's messages, each twice, in two spellings of its id; resolves with the ids. */
  async function sendStrange({ handlers }: UseCase, place: Place): Promise<string[]> {
    const ids: string[] = [];
    for (const [handler, { key, strange }] of handlers.entries()) {
      if (!strange) continue;
      const id = newId();
      ids.push(id);
      const about = { type: ran.type, version: 1, key, source: "stranger", time: new Date().toISOString() };
      const message = { ...about, body: { ...place, handler, key }, requestId: "r", traceparent: "" };
      const spelled = [id.toUpperCase(), id].map((id) => ({ ...message, id }));
      await eventually(() => broker.publish(spelled));
    }
    return ids;
  }

  return { run, sendStrange };
}
