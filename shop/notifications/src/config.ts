import { Type } from "@flotilla/chassis/contract";

/** The settings of the notifications service, besides those of every service. */
export const config = Type.Object({
  NOTIFICATION_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 180,
    description: "Days that notifications are kept, read or not",
  }),
});
