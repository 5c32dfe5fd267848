import assert from "node:assert/strict";
import { before, test } from "node:test";
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
  signIn,
  signUp,
  noBrowser as skip,
} from "./browser.ts";

const console = "http://console.example:3100";
let shop: Shop;
before(async (t) => {
  if (!skip) shop = await startShop(t as never, { environment: { gateway: { CONSOLE_URL: console } } });
});

test("a visitor finds a product by its category, by words and by address", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await heading(page, "Good things for small boats");
  const found = (text: string) => page.getByRole("main").getByText(text, { exact: true }).waitFor();
  const cards = page.getByRole("main").getByRole("listitem");
  await eventually("all products are shown", async () => (await cards.count()) === 27 || undefined);
  assert.equal(
    await page
      .locator(".card img")
      .first()
      .evaluate((image: { complete: boolean; naturalWidth: number }) => image.naturalWidth > 0 || !image.complete),
    true,
  );
  await page.getByRole("link", { name: "Lamps", exact: true }).click();
  await found("2 products");
  await page.goBack();
  await found("27 products");
  await page.getByRole("searchbox").fill("brass lamp");
  await found("1 product");
  await page.getByRole("searchbox").fill("nothing of this kind");
  await page.getByText("Nothing here is called").waitFor();
  await page.getByRole("searchbox").fill("brass");
  await page.getByRole("link", { name: "Brass cabin lamp" }).click();
  await heading(page, "Brass cabin lamp");
  await page.getByText("€84.00").waitFor();
  await page.reload();
  await heading(page, "Brass cabin lamp");
  await goTo(page, "/products/none");
  await heading(page, "There is no such page");
  assertFaultless(faults);
});

test("an order is paid, seen as it goes on, and cancelled; news and mail tell of it", { skip }, async (t) => {
  const { id } = await shop.admin.addProduct({ name: "Teapot", price: 1250 }, 10);
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await putInCart(page, id, 2);
  await goTo(page, "/cart");
  await page.getByRole("link", { name: "Open an account" }).click();
  const person = await signUp(page, "Ann");
  await payWith(page, "Slow card");
  await heading(page, "We are on it");
  await heading(page, "Thank you: it is yours");
  await page.getByText(`A receipt goes to ${person.email}`).waitFor();
  await page.getByText("Paid€25.00").waitFor();
  const orderId = page.url().split("/orders/")[1];
  const timeline = page.getByRole("link", { name: "See its timeline in the console" });
  assert.equal(await timeline.getAttribute("href"), `${console}/timeline/${orderId}`);
  assert.equal(await page.getByRole("link", { name: /^Cart/ }).getAttribute("aria-label"), "Cart, empty");
  await page.getByRole("button", { name: "Cancel the order" }).click();
  await heading(page, "Cancelled");
  await page.getByText("Given back€25.00").waitFor();
  await goTo(page, "/notifications");
  await page.getByRole("main").getByText("Your order of Teapot is cancelled").waitFor();
  await page.getByRole("button", { name: "Mark as read: Order cancelled" }).click();
  await eventually(
    "it is read",
    async () => (await page.getByRole("button", { name: "Mark as read: Order cancelled" }).count()) === 0,
  );
  await goTo(page, "/orders");
  await page.getByRole("link", { name: "Teapot" }).waitFor();

  const other = await openBrowser(t);
  const desk = await openStorefront(shop, other.browser);
  await signIn(desk, { email: "admin@shop.example", password: "correct horse battery" });
  await goTo(desk, "/admin/mailbox");
  await desk.getByLabel("Only to this email").fill(person.email);
  await desk.getByRole("button", { name: "Show" }).click();
  for (const subject of [`Receipt for order ${orderId}`, `Refund for order ${orderId}`, "Welcome to Flotilla"])
    await eventually(subject, async () => {
      if ((await desk.getByText(subject).count()) > 0) return true;
      await desk.reload();
      return undefined;
    });
  assertFaultless([...faults, ...other.faults]);
});

for (const [card, says] of [
  ["Declined card", "Your card was declined. You have not been charged."],
  ["Empty card", "There was not enough money on the card."],
] as const) {
  test(`${card}: the order is not accepted, and says why`, { skip }, async (t) => {
    const { id } = await shop.admin.addProduct({ name: "Cup", price: 900 }, 10);
    const { browser, faults } = await openBrowser(t);
    const page = await openStorefront(shop, browser);
    await signUp(page);
    await putInCart(page, id);
    await payWith(page, card);
    await heading(page, "This order did not work out");
    await page.getByText(says).waitFor();
    assertFaultless(faults);
  });
}

test("what has sold out meanwhile is said, and what is no longer sold can be taken out", { skip }, async (t) => {
  const few = await shop.admin.addProduct({ name: "Rare lamp", price: 900 }, 1);
  const gone = await shop.admin.addProduct({ name: "Old lamp", price: 900 }, 5);
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await signUp(page);
  await putInCart(page, few.id);
  await putInCart(page, gone.id);
  await shop.admin.ask("DELETE", `/api/products/${gone.id}`);
  await shop.admin.ask("PUT", `/api/inventory/${few.id}`, { body: { available: 0 } });
  await goTo(page, "/cart");
  await page.getByRole("button", { name: "Take out A product that is no longer sold" }).click();
  await payWith(page, "Card that works");
  await heading(page, "This order did not work out");
  await page.getByText("Something in it sold out").waitFor();
  assertFaultless(faults);
});

test("an administrator adds, changes and stocks a product, and nobody's change is lost", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await signIn(page, { email: "admin@shop.example", password: "correct horse battery" });
  await page.getByRole("link", { name: "Stock room" }).click();
  await page.getByRole("link", { name: "Add a product" }).click();
  await page.getByLabel("Name").fill("Sextant");
  await page.getByLabel("Price in euros").fill("12.3");
  await page.getByLabel("Category").fill("Navigation");
  await page.getByRole("button", { name: "Add it" }).click();
  assert.equal(await page.getByLabel("Price in euros").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Price in euros").fill("129.95");
  await page.getByRole("button", { name: "Add it" }).click();
  await heading(page, "Stock");
  const id = page.url().split("/products/")[1];
  await eventually("the stock is there to be set", async () => {
    await page.getByLabel("Pieces that can be had").fill("7");
    await page.getByRole("button", { name: "Set the stock" }).click();
    return (await page.getByText("7 can be had").count()) > 0 || undefined;
  });
  await shop.admin.ask("PUT", `/api/products/${id}`, { body: { description: "Brass." } });
  await page.getByLabel("Name").fill("Brass sextant");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("Somebody else has changed this").waitFor();
  await page.reload();
  await page.getByLabel("Name").fill("Brass sextant");
  await page.getByRole("button", { name: "Save" }).click();
  await heading(page, "Brass sextant");
  const { body } = await shop.visitor().ask("GET", `/api/products/${id}`);
  assert.deepEqual([body.name, body.description, body.price.amount], ["Brass sextant", "Brass.", 12995]);
  await page.getByRole("button", { name: "Take it out of the catalogue" }).click();
  await heading(page, "Stock room");
  assertFaultless(faults);
});

test("what is for administrators is not for customers", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser, "/orders");
  await heading(page, "Please sign in");
  await signUp(page);
  await goTo(page, "/admin/products");
  await heading(page, "Not for this account");
  assertFaultless(faults);
});
