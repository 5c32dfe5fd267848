import type { Static } from "typebox";
import { pageOf } from "../../contract/page.ts";
import type { Page } from "../../contract/schema.ts";
import { notFound } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { isUnderWay } from "../store/saga-instance.ts";
import { saveSagas } from "../store/save-sagas.ts";
import { type Decision, savesByHand } from "./act-on-saga.ts";
import { detailOf, summaryOf } from "./describe-saga.ts";
import { fitOperated } from "./fit-operated.ts";
import { findSaga, listSagaRows, listUnfinished, type OperatedSaga } from "./operated-saga-store.ts";
import type { SagaCheck, SagaDetail, SagaStatus, SagaSummary } from "./operations-contract.ts";

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
  /**
   * Carries a decision out and notes it in the history. An instance that today's definition migrates is migrated first. The process that
   * runs the saga at that moment loses it, and writes nothing more. Throws `saga_changed`, with what happened, when the saga is not at the
   * step or fence that the decision names, or changes while it is carried out.
   */
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
  async function show(id: string): Promise<SagaDetail> {
    const found = await findSaga(database, id, "read");
    if (!found) throw notFound.failure();
    return detailOf(found, sagas);
  }

  return {
    show,
    async list({ name, status, cursor, limit }) {
      const found = await listSagaRows(database, { name, status, cursor, limit });
      return pageOf(found.map(summaryOf), limit);
    },
    async act(id, decision) {
      // What does not say for which state it was made is for the one that it finds: of two at once the second is refused.
      const fence = decision.fence ?? (await findSaga(database, id, "read"))?.instance.fence;
      await database.transaction(async (tx) => {
        const found = await findSaga(tx, id, "lock");
        if (!found) throw notFound.failure();
        for (const save of savesByHand(sagas, found, { ...decision, fence })) await saveSagas(tx, [save]);
        tx.afterCommit(onChange);
      });
      return show(id);
    },
    async check(cursor) {
      const found = await listUnfinished(database, cursor, CHECKED_AT_ONCE);
      const faults = found.flatMap((each) => {
        const fitted = fitOperated(sagas, each);
        const fault = "misfit" in fitted ? fitted.misfit : strayFault(each);
        return fault ? [{ ...summaryOf(each), fault }] : [];
      });
      const last = found.length === CHECKED_AT_ONCE ? found.at(-1)?.instance.id : undefined;
      return { checked: found.length, faults, nextCursor: last ?? null };
    },
  };
}

/** Why nothing will ever take an instance up. */
const strayFault = ({ instance, dueAt }: OperatedSaga): string | undefined =>
  isUnderWay(instance.status) && dueAt === null ? "it is under way, but never due" : undefined;
