import { call, Fields, Id, Nullable, OneOf, Page, PageQuery, PageQueryWith, Time } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";

export const Session = Fields({
  id: Id,
  createdAt: Time,
  expiresAt: Time,
  current: Type.Boolean({ description: "Whether it is the one that asks" }),
});
export type Session = Static<typeof Session>;

export const listSessions = call("GET /auth/sessions", {
  summary: "One's own sessions that go on, oldest first",
  access: "customer",
  query: PageQuery,
  replies: { 200: Page(Session) },
});

export const SignIn = Fields({
  id: Id,
  action: OneOf("sign_in", "register", "change_credentials"),
  at: Time,
  result: OneOf("done", "refused"),
  times: Type.Integer({
    minimum: 1,
    description: "What is refused within an hour is one entry, with the time of the last",
  }),
  network: Type.String({ description: "The same for the same network; the address does not follow from it" }),
  sessionId: Nullable(Id),
});
export type SignIn = Static<typeof SignIn>;

export const listSignIns = call("GET /auth/sign-ins", {
  summary: "One's own sign-ins of 90 days, done and refused, newest first; anybody's for administrators",
  access: "customer",
  query: PageQueryWith({ userId: Type.Optional(Id) }),
  replies: { 200: Page(SignIn) },
  refuses: [notFound],
});

export const endAllSessions = call("DELETE /auth/sessions", {
  summary: "Sign out everywhere",
  access: "customer",
  replies: { 204: null },
});

export const endSession = call("DELETE /auth/sessions/{id}", {
  summary: "Sign out somewhere else",
  access: "customer",
  replies: { 204: null },
  refuses: [notFound],
});
