import { call, contract, Fields, Id, Media, Nullable, Page, PageQuery, Time } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";

export const Notification = Fields({
  id: Id,
  type: Type.String({ description: "The event it tells of, such as `order.confirmed`" }),
  title: Type.String(),
  message: Type.String(),
  orderId: Nullable(Id),
  read: Type.Boolean(),
  createdAt: Time,
});
export type Notification = Static<typeof Notification>;

export const listNotifications = call("GET /notifications", {
  summary: "One's own notifications, newest first",
  access: "customer",
  query: PageQuery,
  replies: { 200: Page(Notification) },
});

export const readNotification = call("POST /notifications/{id}/read", {
  summary: "Mark a notification as read",
  access: "customer",
  replies: { 204: null },
  refuses: [notFound],
});

export const streamNotifications = call("GET /notifications/stream", {
  summary: "New notifications as they come (server-sent events); `Last-Event-ID` resumes",
  access: "customer",
  headers: Fields({ "last-event-id": Type.Optional(Type.String({ maxLength: 64 })) }),
  replies: { 200: Media("text/event-stream") },
  timeout: 0,
});

export const notifications = contract("notifications", {
  calls: { listNotifications, readNotification, streamNotifications },
  events: {},
});
