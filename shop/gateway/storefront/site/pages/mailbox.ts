import type { Mail } from "@flotilla/contracts/email";
import { element } from "../elements/element.ts";
import { createForm } from "../elements/form.ts";
import { pagedList } from "../elements/paged-list.ts";
import { time } from "../elements/words.ts";
import { go, type Page, type View } from "../router.ts";

/** The mail that the shop keeps when it has no mail server: for administrators, as it may hold tokens. */
export async function mailbox({ query, signal }: View): Promise<Page> {
  const to = query.get("to") ?? "";
  const path = `/mailbox${to ? `?${new URLSearchParams({ to })}` : ""}`;
  const list = await pagedList<Mail>(
    path,
    letter,
    signal,
    "There is no mail here. With a mail server, it is sent and not kept.",
  );
  const form = createForm({
    fields: [{ name: "to", label: "Only to this email", value: to, maxlength: 254 }],
    submit: "Show",
    async send(values) {
      const asked = values["to"]?.trim();
      go(`/admin/mailbox${asked ? `?${new URLSearchParams({ to: asked })}` : ""}`);
    },
  });
  form.className = "inline";
  return { title: "Mailbox", content: [element("h1", {}, "Mailbox"), form, list] };
}

const letter = ({ to, subject, text, sentAt }: Mail): HTMLLIElement =>
  element(
    "li",
    { class: "row-card" },
    element(
      "details",
      { class: "grow" },
      element(
        "summary",
        {},
        element("strong", {}, subject),
        element("span", { class: "hint" }, ` to ${to} · ${time(sentAt)}`),
      ),
      element("pre", { tabindex: 0 }, text),
    ),
  );
