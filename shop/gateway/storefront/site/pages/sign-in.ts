import type { SignedIn } from "@flotilla/contracts/users";
import { ask } from "../data/api.ts";
import { begin } from "../data/session.ts";
import { element, link } from "../elements/element.ts";
import { createForm, type Field } from "../elements/form.ts";
import { toast } from "../elements/show.ts";
import { go, type Page, type View } from "../router.ts";

const email: Field = {
  name: "email",
  label: "Email",
  type: "email",
  autocomplete: "email",
  required: true,
  maxlength: 254,
};

/** Where the customer wanted to go; only inside the storefront. */
const next = (query: URLSearchParams): string =>
  query.get("then")?.startsWith("/") ? (query.get("then") as string) : "/";
const onwards = (query: URLSearchParams): string =>
  query.get("then") ? `?then=${encodeURIComponent(next(query))}` : "";

/** Signs in. */
export function signIn({ query }: View): Page {
  const form = createForm({
    fields: [
      email,
      {
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "current-password",
        required: true,
        maxlength: 200,
      },
    ],
    submit: "Sign in",
    about: { invalid_credentials: "password" },
    async send(values) {
      const session = await ask<SignedIn>("POST", "/auth/login", { body: values, as: "anybody" });
      begin(session);
      toast(`Welcome back, ${session.user.name}.`);
      go(next(query), { replace: true });
    },
  });
  return {
    title: "Sign in",
    content: [
      element(
        "section",
        { class: "narrow panel" },
        element("h1", {}, "Sign in"),
        form,
        element(
          "p",
          { class: "row" },
          link(`/sign-up${onwards(query)}`, {}, "Open an account"),
          link("/password", {}, "Forgot your password?"),
        ),
      ),
    ],
  };
}

/** Opens an account, and signs in. */
export function signUp({ query }: View): Page {
  const form = createForm({
    fields: [
      { name: "name", label: "Name", autocomplete: "name", required: true, maxlength: 100 },
      email,
      {
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "new-password",
        required: true,
        minlength: 8,
        maxlength: 200,
        hint: "At least 8 characters",
      },
    ],
    submit: "Open the account",
    about: { email_taken: "email" },
    async send(values) {
      begin(await ask<SignedIn>("POST", "/auth/register", { body: values, as: "anybody" }));
      toast(
        element("strong", {}, "Your account is open."),
        " A letter of welcome is on its way to ",
        values["email"],
        ".",
      );
      go(next(query), { replace: true });
    },
  });
  return {
    title: "Open an account",
    content: [
      element(
        "section",
        { class: "narrow panel" },
        element("h1", {}, "Open an account"),
        form,
        element("p", {}, "You have one? ", link(`/sign-in${onwards(query)}`, {}, "Sign in")),
      ),
    ],
  };
}
