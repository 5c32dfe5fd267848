import type { Session } from "@flotilla/contracts/sessions";
import type { User } from "@flotilla/contracts/users";
import { ask } from "../data/api.ts";
import { inWords } from "../data/problem.ts";
import { end, noteUser, user } from "../data/session.ts";
import { button } from "../elements/button.ts";
import { element, fill } from "../elements/element.ts";
import { createForm, type Field, tellFault } from "../elements/form.ts";
import { toast } from "../elements/show.ts";
import { time } from "../elements/words.ts";
import { go, type Page, type View } from "../router.ts";

const current: Field = {
  name: "currentPassword",
  label: "Your current password",
  type: "password",
  autocomplete: "current-password",
  required: true,
  maxlength: 200,
};

/** The customer's account: name, email, password, sessions, and the way out. */
export async function account({ signal }: View): Promise<Page> {
  const sessions = element("div", {});
  // Alone: what is typed elsewhere on the page stays.
  const showSessions = async () => {
    const { items } = await ask<{ items: Session[] }>("GET", "/auth/sessions?limit=100", { signal });
    fill(sessions, ...sessionList(items, showSessions));
  };
  const [me] = await Promise.all([ask<User>("GET", "/users/me", { signal }), showSessions()]);
  return {
    title: "Account",
    content: [
      element("h1", {}, "Your account"),
      element(
        "div",
        { class: "panels" },
        ...changes(me, showSessions),
        part("Sessions", sessions),
        part("Leave", leaving(me)),
      ),
    ],
  };
}

const part = (title: string, ...content: HTMLElement[]): HTMLElement =>
  element("section", { class: "panel" }, element("h2", {}, title), ...content);

/** What can be changed of the account, each with a form of its own. */
function changes(me: User, showSessions: () => Promise<void>): HTMLElement[] {
  const change = (done: string) => async (body: Readonly<Record<string, string>>) => {
    noteUser(await ask<User>("PUT", `/users/${encodeURIComponent(me.id)}`, { body }));
    toast(done);
    await showSessions().catch((error) => toast(inWords(error)));
  };
  const about = { password_wrong: "currentPassword", email_taken: "email" };
  return [
    part(
      "Name",
      createForm({
        fields: [{ name: "name", label: "Name", value: me.name, autocomplete: "name", required: true, maxlength: 100 }],
        submit: "Change the name",
        send: change("Your name is changed."),
      }),
    ),
    part(
      "Email",
      createForm({
        fields: [
          {
            name: "email",
            label: "Email",
            type: "email",
            value: me.email,
            autocomplete: "email",
            required: true,
            maxlength: 254,
          },
          current,
        ],
        submit: "Change the email",
        send: change("Your email is changed. We told the old one too."),
        about,
      }),
    ),
    part(
      "Password",
      createForm({
        fields: [
          current,
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
        submit: "Change the password",
        send: change("Your password is changed. Other sessions have ended."),
        about,
      }),
    ),
  ];
}

function sessionList(sessions: readonly Session[], showSessions: () => Promise<void>): HTMLElement[] {
  const rows = sessions.map(({ id, createdAt, current: isThis }) =>
    element(
      "li",
      {},
      element("span", { class: "grow" }, `Since ${time(createdAt)}${isThis ? " (this one)" : ""}`),
      !isThis &&
        button(
          "End",
          async () => {
            await ask("DELETE", `/auth/sessions/${encodeURIComponent(id)}`, { attempts: 3 });
            await showSessions();
          },
          { class: "quiet", "aria-label": `End the session since ${time(createdAt)}` },
        ),
    ),
  );
  const everywhere = button(
    "Sign out everywhere",
    async () => {
      await ask("DELETE", "/auth/sessions", { attempts: 3 });
      end();
      go("/");
    },
    { class: "quiet" },
  );
  return [element("ul", { class: "lines" }, ...rows), everywhere];
}

function leaving({ id }: User): HTMLElement {
  const question = element("p", {});
  const fault = element("p", { class: "fault", role: "alert" });
  const out = button("Sign out", async () => {
    // Signed out here in any case; the shop is told if it can be reached.
    await ask("POST", "/auth/logout", { body: {} }).catch(() => {});
    end();
    go("/");
  });
  const close = button(
    "Close the account",
    () => {
      question.textContent = `Close the account of ${user.value()?.email}? It can't be opened again.`;
      sure.showModal();
    },
    { class: "danger" },
  );
  const sure: HTMLDialogElement = element(
    "dialog",
    { "aria-label": "Close the account" },
    question,
    element(
      "p",
      { class: "row" },
      button(
        "Close it",
        async () => {
          try {
            await ask("DELETE", `/users/${encodeURIComponent(id)}`);
            end();
            toast("Your account is closed.");
            go("/");
          } catch (error) {
            sure.close();
            tellFault(fault, error);
          }
        },
        { class: "danger" },
      ),
      button("Keep it", () => sure.close(), { class: "quiet" }),
    ),
  );
  return element("div", {}, element("p", { class: "row" }, out, close), fault, sure);
}
