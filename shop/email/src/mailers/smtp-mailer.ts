import nodemailer from "nodemailer";
import { letterRefused, type Mailer, mailUnavailable } from "./mailer.ts";

const LONGEST = 60_000;

/** Sends mail by the SMTP server at `url` (`smtp://user:password@host:port`, `smtps://…`), as coming from `from`. */
export function smtpMailer(url: string, from: string): Mailer {
  const transport = nodemailer.createTransport({
    url,
    dnsTimeout: 5_000,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    // Letters are text: nothing in them may make the mailer read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf("@") + 1);
  return {
    async deliver({ id, to, subject, text, html }, signal) {
      const message = {
        messageId: `<${id}@${domain}>`,
        from: { name: "Flotilla", address: from },
        to: { name: "", address: to.email },
        headers: { "Auto-Submitted": "auto-generated" },
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
      };
      await transport.sendMail({ ...message, subject, text, html }).catch((error: unknown) => {
        const cause = withoutAddresses(error);
        throw isRefusalOfLetter(error) ? letterRefused.failure({ cause }) : mailUnavailable.failure({ cause });
      });
    },
    atOnce: 10,
    longest: LONGEST,
    close: async () => transport.close(),
  };
}

/** What went wrong, for logs: servers like to repeat to whom they did not deliver. */
const withoutAddresses = (error: unknown): Error =>
  new Error((error instanceof Error ? error.message : String(error)).replaceAll(/\S+@\S+/g, "(an address)"));

/**
 * A 5xx reply (RFC 5321, 4.2.1) to the recipient or the message is about this letter. One to the sign-in or the sender is about
 * our settings, which a person can mend.
 */
function isRefusalOfLetter(error: unknown): boolean {
  const { responseCode = 0, command = "" } = error as { responseCode?: number; command?: string };
  return responseCode >= 500 && responseCode < 600 && ["RCPT TO", "DATA"].includes(command);
}
