import assert from "node:assert/strict";
import type { Shop } from "./shop.ts";
import { eventually } from "./visitor.ts";

/** Asks for a password reset, and reads the token out of the newest mail about one. */
export async function resetToken(shop: Shop, email: string): Promise<string> {
  const mails = async (): Promise<{ subject: string; text: string }[]> => {
    const { body } = await shop.admin.ask("GET", `/api/mailbox?to=${encodeURIComponent(email)}&limit=100`);
    return body.items.filter(({ subject }: { subject: string }) => subject === "Set a new password");
  };
  const before = (await mails()).length;
  const { status } = await shop.visitor().ask("POST", "/api/auth/password-reset", { body: { email } });
  assert.equal(status, 202);
  const mail = await eventually("the mail with the token", async () => {
    const all = await mails();
    return all.length > before ? all[0] : undefined;
  });
  const [token] = /^[\w-]{43}$/m.exec(mail.text) ?? [];
  assert.ok(token, mail.text);
  return token;
}
