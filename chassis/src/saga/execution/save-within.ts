import { runInContext } from "../../context/context.ts";
import { isEviction } from "../../database/transactions/idle-transactions.ts";
import type { Progress, SagaInstance } from "../store/saga-instance.ts";
import type { Within } from "../store/saga-store.ts";
import { createLocalAttempt } from "./local-attempt.ts";
import { type Advance, type Saving, savedInstead, untilReached } from "./save-progress.ts";
import { sagaContext } from "./step-attempt.ts";
import { inStepSpan } from "./step-span.ts";

/** Work in our own database, and what follows from it. */
export type LocalWork = {
  /** Returns the progress that is stored in one transaction with what it writes. */
  readonly within: Within;
  /** Milliseconds after which the work is given up. */
  readonly timeout: number;
  /** What follows from its having thrown, from its having taken too long, or from the database having refused what it returned. */
  readonly onFailure: (error: unknown) => Progress;
};

/** So many attempts that were broken off since they held up others do not count as faults: it may have been the others' doing. */
const MOST_UNCLEAR = 5;

/** Saves what `within` returns in one transaction with what it writes; when that fails, saves what `onFailure` makes of it instead. */
export async function savedWithin(
  saving: Saving,
  instance: SagaInstance,
  { within, timeout, onFailure }: LocalWork,
): Promise<Advance | "interrupted"> {
  const attempt = createLocalAttempt(saving, timeout);
  const context = { ...sagaContext(instance), cancellation: attempt.cancellation };
  const save = () => saving.store.save(instance, (tx) => attempt.run(() => within(tx)));
  try {
    return await untilReached(saving, instance, () => runInContext(context, () => inStepSpan(instance, save)), {
      isOurs: () => !attempt.hasFailed(),
      workTime: timeout,
    });
  } catch (error) {
    if (saving.signal.aborted && attempt.cancellation.why) return "interrupted";
    const isUnclear = isEviction(error) && instance.attempts < MOST_UNCLEAR;
    return await savedInstead(saving, instance, isUnclear ? error : (attempt.tooLong() ?? error), onFailure);
  } finally {
    attempt.close();
  }
}
