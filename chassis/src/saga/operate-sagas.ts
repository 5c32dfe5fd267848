import type { Static } from "typebox";
import { pageOf } from "../contract/page.ts";
import type { Page } from "../contract/schema.ts";
import { notFound } from "../core/failure.ts";
import type { Database } from "../database/database.ts";
import { type Decision, progressByHand } from "./act-on-saga.ts";
import { faultOf } from "./check-saga.ts";
import { detailOf, summaryOf } from "./describe-saga.ts";
import { findSaga, listSagaRows, listUnfinished, type OperatedSaga } from "./operated-saga-store.ts";
import {
  type SagaCheck,
  type SagaDetail,
  type SagaStatus,
  type SagaSummary,
  sagaUnknown,
} from "./operations-contract.ts";
import type { SagaSet } from "./saga-set.ts";
import { saveSagas } from "./save-sagas.ts";

/** What operators do with the sagas of a service. */
export interface SagaOperations {
  list(list: {
    name?: string | undefined;
    status?: Static<typeof SagaStatus> | undefined;
    cursor?: string | undefined;
    limit: number;
  }): Promise<Page<SagaSummary>>;
  /** Throws `not_found`. */
  show(id: string): Promise<SagaDetail>;
  /** Carries a decision out and notes it in the history. Whoever runs the saga at that moment loses it, and writes nothing more. */
  act(id: string, decision: Decision): Promise<SagaDetail>;
  /** Tries unfinished instances on today's definitions. */
  check(cursor: string | undefined): Promise<SagaCheck>;
}

const CHECKED_AT_ONCE = 500;

/** Makes the operations on the sagas in `database`. `onChange` is called when one may have become due. */
export function createSagaOperations(options: {
  database: Database;
  sagas: SagaSet;
  onChange: () => void;
}): SagaOperations {
  const { database, sagas, onChange } = options;
  const definitionOf = ({ instance }: OperatedSaga) => sagas.find(instance.name, instance.version);

  async function show(id: string): Promise<SagaDetail> {
    const found = await findSaga(database, id, "read");
    if (!found) throw notFound.failure();
    return detailOf(found, definitionOf(found));
  }

  return {
    show,
    async list({ name, status, cursor, limit }) {
      const found = await listSagaRows(database, { name, status, cursor, limit });
      return pageOf(found.map(summaryOf), limit);
    },
    async act(id, decision) {
      await database.transaction(async (tx) => {
        const found = await findSaga(tx, id, "lock");
        if (!found) throw notFound.failure();
        const saga = definitionOf(found);
        if (!saga) throw sagaUnknown.failure();
        const { instance } = found;
        await saveSagas(tx, [{ instance, progress: progressByHand(saga, found, decision) }]);
        tx.afterCommit(onChange);
      });
      return show(id);
    },
    async check(cursor) {
      const found = await listUnfinished(database, cursor, CHECKED_AT_ONCE);
      const faults = found.flatMap((each) => {
        const fault = faultOf(sagas, each);
        return fault ? [{ ...summaryOf(each), fault }] : [];
      });
      const last = found.length === CHECKED_AT_ONCE ? found.at(-1)?.instance.id : undefined;
      return { checked: found.length, faults, nextCursor: last ?? null };
    },
  };
}
