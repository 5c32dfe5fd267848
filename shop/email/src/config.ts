import { type Static, Type } from "typebox";

/** The settings of the email service. */
export const Config = Type.Object({
  /** Where mail is handed over. Without it mail stays in the mailbox. */
  SMTP_URL: Type.Optional(Type.String({ pattern: "^smtps?://[^\\s/]" })),
  /** The address mail comes from. */
  MAIL_FROM: Type.String({ format: "email", default: "shop@shop.example" }),
  MAIL_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 90,
    description: "Days that it is known which letters were written to whom",
  }),
  MAILBOX_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 90,
    description: "Days that mail is kept which is not sent",
  }),
});
export type Config = Static<typeof Config>;
