import { type Child, element } from "./element.ts";

const part = (id: string): HTMLElement => document.querySelector(`#${id}`) as HTMLElement;

/** Has a screen reader say something that is plain to see. */
export function announce(text: string): void {
  part("announcer").textContent = text;
}

/** Milliseconds that a message stays, unless somebody points at it or is in it; on the next page it is in the way after a moment. */
const STAYS = 7_000;
const MOMENT = 1_000;

/** Shows a message for a while, and has it read. */
export function toast(...content: readonly Child[]): void {
  const gone = new AbortController();
  const remove = () => {
    shown.remove();
    clearInterval(timer);
    gone.abort();
  };
  const close = element("button", {
    type: "button",
    class: "close",
    "aria-label": "Close this message",
    onclick: remove,
  });
  const shown = element("div", { class: "toast" }, element("div", {}, ...content), close);
  part("toasts").append(shown);
  const timer = setInterval(() => !shown.matches(":hover, :focus-within") && remove(), STAYS);
  const since = performance.now();
  addEventListener("hashchange", () => performance.now() - since > MOMENT && remove(), { signal: gone.signal });
}
