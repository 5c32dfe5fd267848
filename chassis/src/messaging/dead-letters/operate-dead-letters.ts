import { pageOf } from "../../contract/page.ts";
import type { Page } from "../../contract/schema.ts";
import { notFound } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { assertReadable } from "../consumer/read-message.ts";
import type { Subscription } from "../messaging.ts";
import { listParked, resendParked } from "../outbox/outbox-store.ts";
import {
  type DeadLetterDetail,
  type DeadLetterSummary,
  deadLetterEnded,
  type UnsentEvent,
} from "./dead-letter-contract.ts";
import { readNote } from "./notes.ts";
import {
  type Chosen,
  discardLetters,
  findLetter,
  listLetters,
  rewriteLetter,
  type StoredLetter,
  startRedrive,
} from "./operated-dead-letter-store.ts";

/** Who did something, and why. */
export type Decision = { readonly by: string; readonly reason: string };

/** What operators do about messages that went wrong. */
export type DeadLetterOperations = {
  list(query: {
    state?: string | undefined;
    type?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  }): Promise<Page<DeadLetterSummary>>;
  /** Throws `not_found`. */
  show(id: string): Promise<DeadLetterDetail>;
  /** Lets parked letters be handled again, so many a second; resolves with how many. */
  redrive(chosen: Chosen, perSecond: number, decision: Decision): Promise<number>;
  discard(chosen: Chosen, decision: Decision): Promise<number>;
  /**
   * Changes what a parked letter says. Throws `not_found`, `dead_letter_ended`, or `invalid_input` for what is not as the schema of its event
   * says, when the service subscribes to that.
   */
  edit(
    id: string,
    change: { body: unknown; version?: number | undefined },
    decision: Decision,
  ): Promise<DeadLetterDetail>;
  unsent(): Promise<UnsentEvent[]>;
  /** Frees events that the relay has parked; resolves with how many. */
  resend(seqs: readonly number[] | undefined): Promise<number>;
};

export type OperatedMessages = {
  readonly database: Database;
  readonly subscriptions: readonly Subscription[];
  /** Called when there may be something to redrive or to send. */
  onChange(): void;
};

/** Makes the operations on a service's messages. */
export function operateDeadLetters({ database, subscriptions, onChange }: OperatedMessages): DeadLetterOperations {
  async function show(id: string): Promise<DeadLetterDetail> {
    const letter = await findLetter(database, id, "read");
    if (!letter) throw notFound.failure();
    const { consumer, message, stack, traceId, history } = letter;
    return { ...summaryOf(letter), consumer, message, stack, traceId, history: history.map(readNote) };
  }
  const changed = (count: number) => {
    if (count > 0) onChange();
    return count;
  };

  return {
    show,
    async list({ state, type, cursor, limit }) {
      const letters = await listLetters(database, { state, type, cursor, limit });
      return pageOf(letters.map(summaryOf), limit);
    },
    redrive: async (chosen, perSecond, decision) =>
      changed(await startRedrive(database, chosen, perSecond, { what: "redrive asked for", ...decision })),
    discard: (chosen, decision) => discardLetters(database, chosen, { what: "discarded", ...decision }),
    async edit(id, { body, version }, decision) {
      await database.transaction(async (tx) => {
        const letter = await findLetter(tx, id, "lock");
        if (!letter) throw notFound.failure();
        if (letter.state !== "parked") throw deadLetterEnded.failure();
        const { message } = letter;
        const before = { body: message.body, version: message.version };
        const edited = { ...message, body, version: version ?? message.version };
        assertReadable(subscriptions, edited);
        await rewriteLetter(tx, id, edited, { what: "edited", ...decision, before });
      });
      return show(id);
    },
    async unsent() {
      const rows = await listParked(database, 100);
      return rows.map(({ parkedAt, ...row }) => ({ ...row, parkedAt: parkedAt.toISOString() }));
    },
    resend: async (seqs) => changed(await resendParked(database, seqs)),
  };
}

const summaryOf = ({
  id,
  type,
  messageId,
  state,
  cause,
  attempts,
  parkedAt,
  endedAt,
}: StoredLetter): DeadLetterSummary => ({
  id,
  type,
  messageId,
  state,
  cause,
  attempts,
  parkedAt: parkedAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});
