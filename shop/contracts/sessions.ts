import { call, Fields, Id, Page, PageQuery, Time } from "@flotilla/chassis/contract";
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
