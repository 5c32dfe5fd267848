import assert from "node:assert/strict";
import { before, test } from "node:test";
import { resetToken } from "../fixtures/reset-token.ts";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually } from "../fixtures/visitor.ts";
import {
  assertFaultless,
  goTo,
  heading,
  openBrowser,
  openStorefront,
  putInCart,
  signIn,
  signUp,
  noBrowser as skip,
} from "./browser.ts";

let shop: Shop;
before(async (t) => {
  if (!skip) shop = await startShop(t as never);
});

test("what is wrong with an account is said at the field that it is about", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const person = await signUp(page);
  const isMarked = (label: string) => page.getByLabel(label, { exact: true }).getAttribute("aria-invalid");
  await goTo(page, "/sign-up");
  await page.getByLabel("Name").fill("Ann");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Open the account" }).click();
  assert.equal(await isMarked("Password"), "true");
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.getByText("There is an account with this email already").waitFor();
  assert.equal(await isMarked("Email"), "true");
  await goTo(page, "/sign-in");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill("another password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Email or password is wrong.").waitFor();
  await goTo(page, "/account");
  const email = page.locator("section").filter({ has: page.getByRole("heading", { name: "Email" }) });
  await email.getByLabel("Email").fill("new@mail.example");
  await email.getByLabel("Your current password").fill("not this");
  await email.getByRole("button").click();
  await email.getByText("That is not your current password.").waitFor();
  assertFaultless(faults);
});

test("a forgotten password is set anew with the token from a letter", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const person = await signUp(page);
  await goTo(page, "/password");
  await page.getByLabel("Email").fill(person.email);
  await page.getByRole("button", { name: "Send me a token" }).click();
  await page.getByText(`If there is an account with ${person.email}`).waitFor();
  await page.getByLabel("Token from the letter").fill("none of ours");
  await page.getByLabel("New password").fill("a newer password");
  await page.getByRole("button", { name: "Set the new password" }).click();
  await page.getByText("This token is not valid").waitFor();
  await page.getByLabel("Token from the letter").fill(await resetToken(shop, person.email));
  await page.getByRole("button", { name: "Set the new password" }).click();
  await heading(page, "Sign in");
  await signIn(page, { email: person.email, password: "a newer password" });
  assertFaultless(faults);
});

test("name, email and password change; a session elsewhere is ended; an account is closed", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const person = await signUp(page);
  const elsewhere = await shop.visitor().signIn(person);
  await goTo(page, "/account");
  await page.getByLabel("Name").fill("Ann the Second");
  await page.getByRole("button", { name: "Change the name" }).click();
  await page.getByText("Your name is changed.").waitFor();
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "Password" }) });
  await section.getByLabel("Your current password").fill(person.password);
  await section.getByLabel("New password").fill("a newer password");
  await page.getByRole("button", { name: /^End the session/ }).click();
  await eventually("it is over there", async () => {
    const body = { refreshToken: elsewhere.session?.refreshToken };
    return (await shop.visitor().ask("POST", "/api/auth/refresh", { body })).status === 401 || undefined;
  });
  // The list of sessions is drawn anew; what was typed beside it is still there.
  await page.getByRole("button", { name: /^End the session/ }).waitFor({ state: "detached" });
  await section.getByRole("button").click();
  await page.getByText("Your password is changed.").waitFor();
  await page.getByRole("button", { name: "Close the account" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Close the account" }).click();
  await page.getByRole("button", { name: "Close it" }).click();
  await page.getByText("Your account is closed.").waitFor();
  const again = { email: person.email, password: "a newer password" };
  assert.equal((await shop.visitor().ask("POST", "/api/auth/login", { body: again })).status, 401);
  assertFaultless(faults);
});

test("tabs share the cart and the session, take turns with its token, and sign out together", { skip }, async (t) => {
  const { id } = await shop.admin.addProduct({ name: "Cup", price: 900 }, 10);
  const { browser, faults } = await openBrowser(t);
  const first = await openStorefront(shop, browser);
  const second = await openStorefront(shop, browser);
  await signUp(first);
  await second.getByRole("link", { name: "Account" }).waitFor();
  await putInCart(first, id, 3);
  await second.getByRole("link", { name: "Cart, 3 pieces" }).waitFor();
  // Each tab has an access token of its own, and trades the one refresh token for it.
  await Promise.all([first.reload(), second.reload()]);
  await Promise.all(
    [first, second].map(async (page) => {
      await goTo(page, "/orders");
      await page.getByText("No orders yet.").waitFor();
    }),
  );
  await goTo(first, "/account");
  await first.getByRole("button", { name: "Sign out", exact: true }).click();
  for (const page of [first, second]) await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  await second.getByRole("link", { name: "Cart, 3 pieces" }).waitFor();
  assertFaultless(faults);
});

test("a session that was ended elsewhere asks to sign in, and the cart is as it was", { skip }, async (t) => {
  const { id } = await shop.admin.addProduct({ name: "Cup", price: 900 }, 10);
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const person = await signUp(page);
  await putInCart(page, id, 2);
  await (await shop.visitor().signIn(person)).ask("DELETE", "/api/auth/sessions");
  await eventually("the page has noticed", async () => {
    await page.reload();
    await goTo(page, "/orders");
    return (await page.getByRole("heading", { name: "Please sign in" }).count()) > 0 || undefined;
  });
  await page.getByRole("link", { name: "Sign in" }).last().click();
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await heading(page, "Your orders");
  await page.getByRole("link", { name: "Cart, 2 pieces" }).waitFor();
  assertFaultless(faults);
});

test("no token is where scripts of another visit find an access token, or in an address", { skip }, async (t) => {
  const { browser } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await signUp(page);
  await goTo(page, "/orders");
  await page.getByText("No orders yet.").waitFor();
  const kept = await page.evaluate(() =>
    JSON.stringify((globalThis as unknown as { localStorage: object }).localStorage),
  );
  assert.doesNotMatch(kept, /eyJ/, "no access token is kept");
  const { refreshToken } = JSON.parse(JSON.parse(kept)["flotilla.session"]);
  assert.ok(asked.every((url) => !url.includes(refreshToken) && !url.includes("eyJ")));
});
