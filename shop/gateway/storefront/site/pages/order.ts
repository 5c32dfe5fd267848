import type { Payment } from "@flotilla/contracts/payments";
import { ask } from "../data/api.ts";
import { pause } from "../data/connection.ts";
import { news } from "../data/live.ts";
import { newKey } from "../data/lock.ts";
import { Problem } from "../data/problem.ts";
import { timelineOf } from "../data/settings.ts";
import { element, fill } from "../elements/element.ts";
import { announce } from "../elements/show.ts";
import { statuses } from "../elements/words.ts";
import type { Page, View } from "../router.ts";
import { orderView } from "./order-view.ts";
import { readOrder } from "./orders.ts";

/** One order, as it goes on. */
export async function order({ parameters: [id = ""], signal }: View): Promise<Page> {
  const body = element("div", {});
  const shown = { order: await readOrder(id, signal), cancelling: false };
  const timeline = await timelineOf(id);
  let shows = 0;
  let drawn = "";
  const show = async () => {
    const turn = ++shows;
    const payment = await paymentOf(id, signal);
    // What was asked for earlier may be answered later.
    const now = { ...shown, payment, timeline };
    if (turn !== shows || JSON.stringify(now) === drawn) return;
    drawn = JSON.stringify(now);
    const hadFocus = body.contains(document.activeElement);
    fill(body, ...orderView(now, cancel));
    const heading = body.querySelector("h1");
    if (!hadFocus || !heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  const look = async () => {
    const before = shown.order;
    shown.order = await readOrder(id, signal);
    if (shown.order.status !== before.status) {
      shown.cancelling = false;
      announce(`Your order: ${statuses[shown.order.status]}`);
    }
    await show();
  };
  async function cancel(): Promise<void> {
    await ask("POST", `/orders/${encodeURIComponent(id)}/cancel`, {
      headers: { "idempotency-key": newKey() },
      attempts: 5,
    });
    shown.cancelling = true;
    announce("Your order is being cancelled");
    await show();
    keepUp();
  }
  /** Looks again and again while something is under way: news come by the stream, but that may be away. */
  async function follow(): Promise<void> {
    for (let wait = 0.5; shown.order.status === "pending" || shown.cancelling; wait = Math.min(wait * 1.5, 8)) {
      await pause(wait, signal);
      await look().catch((error) => {
        if (!(error instanceof Problem && error.isPassing)) throw error;
      });
    }
  }
  // It ends with the page, and when the order is no longer to be seen.
  const keepUp = () => void follow().catch(() => {});
  news.watch((notification) => notification?.orderId === id && look().catch(() => {}), signal);
  await show();
  keepUp();
  return { title: `Order ${statuses[shown.order.status].toLowerCase()}`, content: [body] };
}

/** Payments are made after the order: there may be none yet. */
async function paymentOf(id: string, signal: AbortSignal): Promise<Payment | undefined> {
  return ask<Payment>("GET", `/payments/${encodeURIComponent(id)}`, { signal, attempts: 1 }).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
}
