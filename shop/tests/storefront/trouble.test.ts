import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Page, Route } from "playwright-core";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually } from "../fixtures/visitor.ts";
import {
  assertFaultless,
  goTo,
  heading,
  openBrowser,
  openStorefront,
  payWith,
  putInCart,
  signUp,
  noBrowser as skip,
} from "./browser.ts";

let shop: Shop;
before(async (t) => {
  if (!skip) shop = await startShop(t as never);
});

/** A customer with a cup in the cart. */
async function customerWithCup(t: Parameters<typeof openBrowser>[0]): Promise<{ page: Page; faults: string[] }> {
  const { id } = await shop.admin.addProduct({ name: "Cup", price: 900 }, 10);
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await signUp(page);
  await putInCart(page, id);
  return { page, faults };
}

const ordersOf = async (page: Page): Promise<number> => {
  await goTo(page, "/orders");
  await heading(page, "Your orders");
  return page.getByRole("main").getByRole("link", { name: "Cup" }).count();
};

/** Has the shop do what was asked, and loses the answer. */
const loseAnswer = async (route: Route) => {
  await route.fetch();
  // A page that is left meanwhile has given the request up by itself.
  await route.abort().catch(() => {});
};

test("an order whose answer is lost is sent again under its key, and is one order", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  const keys: (string | undefined)[] = [];
  await page.route("**/api/orders", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    return keys.length < 3 ? loseAnswer(route) : route.continue();
  });
  await payWith(page, "Card that works");
  await heading(page, "Thank you: it is yours");
  assert.deepEqual([keys.length, new Set(keys).size], [3, 1]);
  assert.equal(await ordersOf(page), 1);
  assertFaultless(faults);
});

test("a page that is loaded again while its order is on the way sends the same order", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  let sent = 0;
  let isLost = true;
  await page.route("**/api/orders", async (route) => {
    if (route.request().method() !== "POST" || !isLost) return route.continue();
    await loseAnswer(route);
    sent++;
  });
  await payWith(page, "Card that works");
  await eventually("it was sent", async () => sent > 0 || undefined);
  isLost = false;
  await page.reload();
  await heading(page, "Thank you: it is yours");
  assert.equal(await ordersOf(page), 1);
  await page.getByRole("link", { name: "Cart, empty" }).waitFor();
  assertFaultless(faults);
});

test("a shop that has too much to do is asked again after the time that it names", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  const at: number[] = [];
  await page.route("**/api/orders?*", (route) => {
    at.push(performance.now());
    const headers = { "retry-after": "1", "content-type": "application/problem+json" };
    return at.length === 1 ? route.fulfill({ status: 503, headers, body: '{"code":"unavailable"}' }) : route.continue();
  });
  await goTo(page, "/orders");
  await page.getByText("The shop is very busy. We try again by ourselves.").waitFor();
  await page.getByText("No orders yet.").waitFor();
  assert.equal(await page.getByText("We try again by ourselves").count(), 0);
  assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 1_000);
  assertFaultless(faults);
});

test("a limit that is used up is said with the time to wait", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser, "/sign-in");
  await page.route("**/api/auth/login", (route) =>
    route.fulfill({ status: 429, headers: { "retry-after": "30" }, body: '{"code":"rate_limited"}' }),
  );
  await page.getByLabel("Email").fill("ann@mail.example");
  await page.getByLabel("Password").fill("a good password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").getByText("Try again in 30 seconds").waitFor();
  assertFaultless(faults);
});

test("without a connection what was entered stays, and all goes on when it is back", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  await goTo(page, "/cart");
  await heading(page, "Your cart");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.getByText("The shop can't be reached. We try again by ourselves").waitFor();
  await page.context().setOffline(false);
  await heading(page, "Thank you: it is yours");
  assertFaultless(faults);
});

test("while the stream of news is away an order is still seen to its end", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  await page.route("**/api/notifications/stream", (route) => route.abort());
  await page.reload();
  await payWith(page, "Slow card");
  await heading(page, "Thank you: it is yours");
  assertFaultless(faults);
});

test("a service that restarts while the page is open is waited for", { skip }, async (t) => {
  const { page, faults } = await customerWithCup(t);
  const restarted = shop.restart("orders");
  await goTo(page, "/orders");
  await page.getByText("No orders yet.").waitFor();
  await restarted;
  await shop.restart("notifications");
  await payWith(page, "Card that works");
  await page
    .getByText("Your order of Cup is confirmed and paid.")
    .or(page.getByText("A receipt goes to"))
    .first()
    .waitFor();
  await goTo(page, "/notifications");
  await page.getByText("Your order of Cup is confirmed and paid.").waitFor();
  assertFaultless(faults);
});

test("on a slow connection the page says that it loads, and shows a catalogue", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await browser.newPage();
  const network = await browser.newCDPSession(page);
  await network.send("Network.enable");
  const kilobit = 1_000 / 8;
  const slow = { offline: false, latency: 300, downloadThroughput: 400 * kilobit, uploadThroughput: 400 * kilobit };
  await network.send("Network.emulateNetworkConditions", slow);
  await page.goto(`${shop.url("gateway")}/`, { waitUntil: "commit" });
  await page.getByText("Opening the shop").waitFor();
  await page.getByRole("link", { name: "Brass cabin lamp" }).waitFor();
  assertFaultless(faults);
});

test("a page that was left before it was there does not come over the next one", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser, "/password");
  const held: Route[] = [];
  await page.route("**/pages/sign-in.ts", (route) => void held.push(route));
  await goTo(page, "/sign-in");
  await eventually("the page is asked for", async () => held[0]);
  await goTo(page, "/password");
  await heading(page, "A new password");
  await page.waitForTimeout(400);
  assert.equal(await page.getByLabel("Token from the letter").count(), 1);
  await held[0]?.continue();
  await page.waitForTimeout(100);
  assert.equal(await page.getByLabel("Token from the letter").count(), 1);
  assertFaultless(faults);
});
