import { type Static, Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Id, Nullable, OneOf, Page, PageQueryWith, Text, Time } from "../../contract/schema.ts";
import { notFound, refusal } from "../../core/failure/failure.ts";

export const deadLetterEnded = refusal("dead_letter_ended", 409, "The dead letter was redriven or discarded already");

const Json = Type.Unsafe<unknown>({});

export const DeadLetterState = OneOf("parked", "redriving", "redriven", "discarded");

const summary = {
  id: Id,
  type: Type.String(),
  messageId: Type.String(),
  state: DeadLetterState,
  cause: Type.String(),
  attempts: Type.Integer(),
  parkedAt: Time,
  endedAt: Nullable(Time),
};
export const DeadLetterSummary = Fields(summary);
export type DeadLetterSummary = Static<typeof DeadLetterSummary>;

export const DeadLetterDetail = Fields({
  ...summary,
  consumer: Type.String(),
  message: Json,
  stack: Nullable(Type.String()),
  traceId: Type.String(),
  history: Type.Array(Json, { description: "Who did what about it, and why; oldest first" }),
});
export type DeadLetterDetail = Static<typeof DeadLetterDetail>;

const UnsentEvent = Fields({
  seq: Type.Integer(),
  message: Json,
  cause: Nullable(Type.String()),
  attempts: Type.Integer(),
  parkedAt: Time,
});
export type UnsentEvent = Static<typeof UnsentEvent>;

/** Which parked letters are meant: some by their ids, those of a type, or all. */
const Chosen = { ids: Type.Optional(Type.Array(Id, { maxItems: 1000 })), type: Type.Optional(Type.String()) };
const Counted = Fields({ count: Type.Integer() });

export const listDeadLetters = call("GET /operations/dead-letters", {
  summary: "Messages that could not be handled, newest first",
  access: "admin",
  query: PageQueryWith({ state: Type.Optional(DeadLetterState), type: Type.Optional(Type.String()) }),
  replies: { 200: Page(DeadLetterSummary) },
});

export const showDeadLetter = call("GET /operations/dead-letters/{id}", {
  summary: "A message that could not be handled: what it says, why, and what was done about it",
  access: "admin",
  replies: { 200: DeadLetterDetail },
  refuses: [notFound],
});

/** The message goes to this consumer alone, whoever else heard of it. */
export const redriveDeadLetters = call("POST /operations/dead-letters/redrive", {
  summary: "Handle parked messages again: some, those of a type, or all",
  access: "admin",
  body: Fields({
    ...Chosen,
    perSecond: Type.Integer({ minimum: 1, maximum: 1000, default: 50, description: "Messages a second at most" }),
    reason: Text(500),
  }),
  replies: { 202: Counted },
});

export const discardDeadLetters = call("POST /operations/dead-letters/discard", {
  summary: "Give messages up that are parked or on their way back: some, those of a type, or all",
  access: "admin",
  body: Fields({ ...Chosen, reason: Text(500) }),
  replies: { 200: Counted },
});

/** What it said before is kept in its history. */
export const editDeadLetter = call("PUT /operations/dead-letters/{id}/body", {
  summary: "Change what a parked message says, before it is redriven",
  access: "admin",
  body: Fields({ body: Json, version: Type.Optional(Type.Integer({ minimum: 1 })), reason: Text(500) }),
  bodyLimit: 1024 * 1024,
  replies: { 200: DeadLetterDetail },
  refuses: [notFound, deadLetterEnded],
});

export const listUnsentEvents = call("GET /operations/unsent-events", {
  summary: "Events that the broker does not take, oldest first; at most 100",
  access: "admin",
  replies: { 200: Fields({ items: Type.Array(UnsentEvent) }) },
});

export const resendEvents = call("POST /operations/unsent-events/resend", {
  summary: "Send events again that the broker did not take: some or all",
  access: "admin",
  body: Fields({ seqs: Type.Optional(Type.Array(Type.Integer(), { maxItems: 1000 })), reason: Text(500) }),
  replies: { 202: Counted },
});

/** The calls by which messages that went wrong are operated: the same at every service. */
export const deadLetterOperations = contract("dead-letters", {
  calls: {
    listDeadLetters,
    showDeadLetter,
    redriveDeadLetters,
    discardDeadLetters,
    editDeadLetter,
    listUnsentEvents,
    resendEvents,
  },
  events: {},
});
