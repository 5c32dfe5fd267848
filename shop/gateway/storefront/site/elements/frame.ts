import { cart, piecesIn } from "../data/cart.ts";
import { connection } from "../data/connection.ts";
import { news } from "../data/live.ts";
import { user } from "../data/session.ts";
import { go, here } from "../router.ts";
import { element, fill, link } from "./element.ts";
import { toast } from "./show.ts";
import { count } from "./words.ts";

const part = (id: string): HTMLElement => document.querySelector(`#${id}`) as HTMLElement;

/** What is around every page: the way to the others, the search, the cart, and what is new. */
export function showFrame(): void {
  const menu = element("nav", { "aria-label": "Shop", class: "menu" });
  const mark = element("img", {
    src: new URL("../flotilla.svg", import.meta.url).href,
    alt: "",
    width: 32,
    height: 32,
  });
  fill(part("top"), link("/", { class: "brand" }, mark, "Flotilla"), searchForm(), menu);
  const showMenu = () => {
    fill(menu, ...menuLinks());
    markCurrent(menu);
  };
  user.watch(showMenu);
  cart.watch(showMenu);
  showMenu();
  addEventListener("hashchange", () => markCurrent(menu));
  const api = element("a", { href: "/api/docs" }, "the interface it is made of");
  fill(part("foot"), element("p", {}, "A demo shop: nothing here is real but the engineering. Look at ", api, "."));
  document.querySelector(".skip")?.addEventListener("click", () => part("page").focus());
  connection.watch((state) => fill(part("connection"), state !== "good" && element("p", {}, states[state])));
  addEventListener("offline", () => connection.set("away"));
  addEventListener("online", () => connection.set("good"));
  news.watch((notification) => {
    // The order's own page shows it at its place.
    if (!notification || here() === `/orders/${notification.orderId}`) return;
    const { title, message, orderId } = notification;
    toast(
      element("strong", {}, title),
      element("p", {}, message),
      orderId !== null && link(`/orders/${orderId}`, {}, "See the order"),
    );
  });
}

const states = {
  away: "The shop can't be reached. We try again by ourselves; nothing you entered is lost.",
  busy: "The shop is very busy. We try again by ourselves.",
};

function menuLinks(): HTMLElement[] {
  const who = user.value();
  const pieces = piecesIn(cart.value());
  const badge = element("span", { class: "badge" }, pieces);
  const label = `Cart, ${pieces === 0 ? "empty" : count(pieces, "piece")}`;
  return [
    ...(who?.role === "admin"
      ? [link("/admin/products", {}, "Stock room"), link("/admin/mailbox", {}, "Mailbox")]
      : []),
    ...(who
      ? [link("/orders", {}, "Orders"), link("/notifications", {}, "News"), link("/account", {}, "Account")]
      : [link("/sign-in", {}, "Sign in")]),
    link("/cart", { class: "cart", "aria-label": label }, "Cart", badge),
  ];
}

function markCurrent(menu: HTMLElement): void {
  const path = here().split("?")[0];
  for (const each of menu.querySelectorAll("a")) each.ariaCurrent = each.hash === `#${path}` ? "page" : null;
}

/** Milliseconds without a key after which what was typed is searched for. */
const TYPED = 250;

function searchForm(): HTMLFormElement {
  const input = element("input", {
    type: "search",
    name: "search",
    placeholder: "Search the shop",
    "aria-label": "Search the shop",
    maxlength: 200,
    autocomplete: "off",
  });
  const form = element("form", { role: "search" }, input);
  let typing: ReturnType<typeof setTimeout> | undefined;
  const search = () => {
    clearTimeout(typing);
    const query = new URLSearchParams(here().split("?")[1]);
    const isCatalogue = here().split("?")[0] === "/";
    if (!isCatalogue && input.value.trim() === "") return;
    const next = new URLSearchParams({
      ...(input.value.trim() ? { search: input.value.trim() } : {}),
      ...(isCatalogue && query.get("category") ? { category: query.get("category") ?? "" } : {}),
    });
    go(`/${next.size > 0 ? `?${next}` : ""}`, { replace: isCatalogue });
  };
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, TYPED);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  const follow = () => {
    if (document.activeElement !== input) input.value = new URLSearchParams(here().split("?")[1]).get("search") ?? "";
  };
  addEventListener("hashchange", follow);
  follow();
  return form;
}
