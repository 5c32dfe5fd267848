import { type Static, Type } from "typebox";

/** The settings of the email service. */
export const Config = Type.Object({
  /** Where mail is handed over. Without it mail stays in the mailbox. */
  SMTP_URL: Type.Optional(Type.String({ pattern: "^smtps?://[^\\s/]" })),
  /** The address mail comes from. */
  MAIL_FROM: Type.String({ format: "email", default: "shop@shop.example" }),
});
export type Config = Static<typeof Config>;
