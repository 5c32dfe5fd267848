import { ask } from "../data/api.ts";
import { end } from "../data/session.ts";
import { element, fill } from "../elements/element.ts";
import { createForm } from "../elements/form.ts";
import { toast } from "../elements/show.ts";
import { go, type Page } from "../router.ts";

/** Sets a new password with a token that comes by mail. */
export function password(): Page {
  const asked = element("div", { role: "status" });
  const request = createForm({
    fields: [{ name: "email", label: "Email", type: "email", autocomplete: "email", required: true, maxlength: 254 }],
    submit: "Send me a token",
    async send(body) {
      await ask("POST", "/auth/password-reset", { body, as: "anybody" });
      fill(
        asked,
        element(
          "p",
          { class: "notice" },
          `If there is an account with ${body["email"]}, a letter with a token is on its way to it. The token is good once, for 30 minutes.`,
        ),
        element(
          "p",
          { class: "hint" },
          "Without a mail server, as when you try the shop at home, letters stay in its mailbox: the administrator reads them under “Mailbox”.",
        ),
      );
    },
  });
  const confirm = createForm({
    fields: [
      { name: "token", label: "Token from the letter", required: true, autocomplete: "one-time-code", maxlength: 200 },
      {
        name: "password",
        label: "New password",
        type: "password",
        autocomplete: "new-password",
        required: true,
        minlength: 8,
        maxlength: 200,
        hint: "At least 8 characters",
      },
    ],
    submit: "Set the new password",
    about: { reset_token_invalid: "token" },
    async send({ token = "", password: chosen = "" }) {
      await ask("POST", "/auth/password-reset/confirm", {
        body: { token: token.trim(), password: chosen },
        as: "anybody",
      });
      end();
      toast("Your new password is set. All sessions have ended: sign in with it.");
      go("/sign-in");
    },
  });
  return {
    title: "A new password",
    content: [
      element(
        "section",
        { class: "narrow panel" },
        element("h1", {}, "A new password"),
        element("h2", {}, "1. Get a token by mail"),
        request,
        asked,
        element("h2", {}, "2. Set the password"),
        confirm,
      ),
    ],
  };
}
