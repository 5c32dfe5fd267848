import type { Notification } from "@flotilla/contracts/notifications";
import { ask } from "../data/api.ts";
import { news } from "../data/live.ts";
import { button } from "../elements/button.ts";
import { element, link } from "../elements/element.ts";
import { pagedList } from "../elements/paged-list.ts";
import { time } from "../elements/words.ts";
import type { Page, View } from "../router.ts";

/** What the shop has told the customer. */
export async function notifications({ signal, again }: View): Promise<Page> {
  news.watch(() => again(), signal);
  const list = await pagedList<Notification>("/notifications", row, signal, "Nothing has happened yet.");
  const note = element("p", { class: "hint" }, "Each of these was also sent to you by mail.");
  return { title: "News", content: [element("h1", {}, "News"), note, list] };
}

function row({ id, title, message, orderId, read, createdAt }: Notification): HTMLLIElement {
  const item = element(
    "li",
    { class: read ? "row-card" : "row-card unread" },
    element(
      "div",
      { class: "grow" },
      element("p", {}, element("strong", {}, title), !read && element("span", { class: "unseen" }, " (new)")),
      element("p", {}, message),
      element("p", { class: "hint" }, time(createdAt)),
    ),
    orderId !== null &&
      link(
        `/orders/${encodeURIComponent(orderId)}`,
        { class: "button quiet", "aria-label": `See the order: ${title}` },
        "See the order",
      ),
  );
  const mark = button(
    "Mark as read",
    async () => {
      await ask("POST", `/notifications/${encodeURIComponent(id)}/read`, { attempts: 3 });
      item.classList.remove("unread");
      item.querySelector(".unseen")?.remove();
      mark.remove();
    },
    { class: "quiet", "aria-label": `Mark as read: ${title}` },
  );
  if (!read) item.append(mark);
  return item;
}
