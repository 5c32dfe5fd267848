import { call, contract, Fields, Id, Page, PageQueryWith, Personal, Time } from "@flotilla/chassis/contract";
import { type Static, Type } from "typebox";

export const Mail = Fields({
  id: Id,
  to: Personal(Type.String()),
  subject: Type.String(),
  text: Type.String(),
  html: Type.String(),
  sentAt: Time,
});
export type Mail = Static<typeof Mail>;

export const listMailbox = call("GET /mailbox", {
  summary: "Mail kept instead of sent, newest first; empty when an SMTP server is set",
  access: "admin",
  query: PageQueryWith({ to: Type.Optional(Personal(Type.String({ maxLength: 254 }))) }),
  replies: { 200: Page(Mail) },
});

export const email = contract("email", { calls: { listMailbox }, events: {} });
