import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Clock } from "@flotilla/chassis/service";
import { passwordResetRequested } from "@flotilla/contracts/password-reset";
import type { PasswordResetStore } from "./password-reset-store.ts";

type Needs = { database: Database; resets: Pick<PasswordResetStore, "take">; publish: Publish; clock: Clock };

const AT_ONCE = 100;

/** Announces the resets that were asked for and have an account; returns whether there may be more. */
export const announcePasswordResets =
  ({ database, resets, publish, clock }: Needs) =>
  (): Promise<boolean> =>
    database.transaction(async (tx) => {
      const taken = await resets.take(tx, AT_ONCE);
      const requestedAt = clock.now().toISOString();
      for (const { id, accountId } of taken) {
        if (accountId) await publish(tx, passwordResetRequested, { userId: accountId, resetId: id, requestedAt });
      }
      return taken.length === AT_ONCE;
    });
