import { type TInteger, Type } from "typebox";
import { LEAST_INBOX_DAYS } from "../../messaging/housekeeping.ts";

const days = (least: number, standard: number, description: string): TInteger =>
  Type.Integer({ minimum: least, maximum: 36_500, default: standard, description: `Days that ${description}` });

/** How long a service keeps what the chassis writes down. What is still under way or waits for a person is kept however old it is. */
export const retentionSettings = {
  OUTBOX_DAYS: days(1, 3, "sent events are kept, for those who want to know what was sent"),
  INBOX_DAYS: days(LEAST_INBOX_DAYS, LEAST_INBOX_DAYS, "a repeat of a message is known"),
  DEAD_LETTER_DAYS: days(1, 90, "dead letters are kept after they were redriven or discarded"),
  SAGA_DAYS: days(1, 30, "sagas are kept after their end"),
  IDEMPOTENCY_DAYS: days(1, 1, "a repeat of an `Idempotency-Key` gets the first answer"),
};
