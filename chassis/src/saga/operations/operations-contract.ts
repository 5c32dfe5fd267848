import { type Static, type TSchema, Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Id, Nullable, OneOf, Page, PageQueryWith, Text, Time } from "../../contract/schema.ts";
import { notFound, refusal } from "../../core/failure/failure.ts";

export const sagaEnded = refusal("saga_ended", 409, "The saga has come to its end");
export const sagaNotWaiting = refusal("saga_not_waiting", 409, "The saga is being run right now");
export const sagaPastPivot = refusal("saga_past_pivot", 409, "The saga is past the point from which it can be undone");
export const sagaUnknown = refusal("saga_unknown", 409, "This process does not know the saga, or its version");
export const sagaChanged = refusal("saga_changed", 409, "The saga has changed since the decision was made");
export const sagaIncompatible = refusal(
  "saga_incompatible",
  409,
  "The saga does not fit its definition in this process",
);

const Json = Type.Unsafe<Record<string, unknown>>({ type: "object", additionalProperties: true });
const Optional = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);

export const SagaStatus = OneOf("running", "compensating", "parked", "done", "failed");

const summary = {
  id: Id,
  name: Type.String(),
  version: Type.Integer(),
  key: Type.String(),
  status: SagaStatus,
  /** The step it is at; null when there is none left. */
  step: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  attempts: Type.Integer(),
  /** Grows whenever the saga is changed or taken up: names the state that a decision is made for. */
  fence: Type.Integer(),
  startedAt: Time,
  updatedAt: Time,
  endedAt: Nullable(Time),
};
export const SagaSummary = Fields(summary);
export type SagaSummary = Static<typeof SagaSummary>;

const SagaWait = Fields({
  for: Type.String({ description: "An answer, a timer, another attempt, a person, a free process" }),
  until: Nullable(Time),
  attempt: Type.Integer({ description: "The attempt that comes next, or is under way" }),
});
export type SagaWait = Static<typeof SagaWait>;

const SagaLine = Fields({
  at: Time,
  step: Nullable(Type.String()),
  attempt: Type.Integer(),
  what: Type.String(),
  cause: Optional(Type.String()),
  input: Optional(Json),
  output: Optional(Json),
  by: Optional(Type.String()),
});
export type SagaLine = Static<typeof SagaLine>;

export const SagaDetail = Fields({
  ...summary,
  input: Json,
  history: Type.Array(SagaLine),
  remaining: Type.Array(Type.String(), { description: "What is left to do, or to undo, in its order" }),
  waits: Nullable(SagaWait),
  fault: Optional(Type.String({ description: "Why the definitions of this process can't go on with it" })),
});
export type SagaDetail = Static<typeof SagaDetail>;

const SagaFault = Fields({ ...summary, fault: Type.String() });
export const SagaCheck = Fields({
  checked: Type.Integer(),
  faults: Type.Array(SagaFault),
  nextCursor: Nullable(Type.String()),
});
export type SagaCheck = Static<typeof SagaCheck>;

const outdated = [sagaUnknown, sagaIncompatible, sagaChanged] as const;

const action = {
  access: "admin",
  body: Fields({
    reason: Text(500),
    step: Optional(Nullable(Type.String({ maxLength: 200, description: "The step that the decision is about" }))),
    fence: Optional(Type.Integer({ description: "The saga's `fence` when the decision was made" })),
  }),
  replies: { 200: SagaDetail },
} as const;

export const listSagas = call("GET /operations/sagas", {
  summary: "Sagas, newest first",
  access: "admin",
  query: PageQueryWith({ name: Optional(Type.String({ maxLength: 200 })), status: Optional(SagaStatus) }),
  replies: { 200: Page(SagaSummary) },
});

export const showSaga = call("GET /operations/sagas/{id}", {
  summary: "A saga: its history, what remains and why it waits",
  access: "admin",
  replies: { 200: SagaDetail },
  refuses: [notFound],
});

/** Tries a parked or waiting saga again at once, with all its attempts before it. */
export const retrySaga = call("POST /operations/sagas/{id}/retry", {
  ...action,
  summary: "Try again now",
  refuses: [notFound, sagaEnded, sagaNotWaiting, ...outdated],
});

/** Takes the step of a parked or waiting saga as done (or undone) by other means. */
export const skipSaga = call("POST /operations/sagas/{id}/skip", {
  ...action,
  summary: "Go on behind the step it is at",
  refuses: [notFound, sagaEnded, sagaNotWaiting, ...outdated],
});

/** Undoes what was done, the step under way included. */
export const compensateSaga = call("POST /operations/sagas/{id}/compensate", {
  ...action,
  summary: "Undo it",
  refuses: [notFound, sagaEnded, sagaPastPivot, ...outdated],
});

export const checkSagas = call("GET /operations/saga-check", {
  summary: "Try up to 500 unfinished sagas on the definitions of this process, changing nothing",
  access: "admin",
  query: Fields({ cursor: Optional(Type.String({ maxLength: 100 })) }),
  replies: { 200: SagaCheck },
});

/** The calls by which a service's sagas are operated: the same at every service that has any. */
export const sagaOperations = contract("sagas", {
  calls: { listSagas, showSaga, retrySaga, skipSaga, compensateSaga, checkSagas },
  events: {},
});
