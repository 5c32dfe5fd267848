import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after } from "node:test";
import type { Cleanup } from "@flotilla/chassis/testing";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Shop } from "../fixtures/shop.ts";

const executablePath = "/usr/bin/chromium";
/** Why there can be no browser; false when there can. */
export const noBrowser = existsSync(executablePath)
  ? false
  : `there is no ${executablePath} (on Debian: apt-get install chromium)`;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const quiet = ["--disable-background-networking", "--disable-component-update"];

export type BrowserOptions = { width?: number; height?: number; dark?: boolean };

let running: Promise<Browser> | undefined;
after(async () => (await running)?.close());

/** A browser of a new person, who has been nowhere before. `faults` gets what goes wrong on its pages. */
export async function openBrowser(
  t: Cleanup,
  { width = 1_280, height = 900, dark = false }: BrowserOptions = {},
): Promise<{ browser: BrowserContext; faults: string[] }> {
  running ??= chromium.launch({ executablePath, args: [...flags, ...quiet] });
  const browser = await (await running).newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  const faults: string[] = [];
  browser.on("page", (page) => {
    page.on("pageerror", (error) => faults.push(error.message));
    // The browser itself notes each answer that is an error, and each connection that breaks.
    page.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
    });
  });
  t.after(() => browser.close());
  return { browser, faults };
}

/** Opens the storefront at an address of its own. */
export async function openStorefront(shop: Shop, browser: BrowserContext, to = "/"): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${shop.url("gateway")}/#${to}`);
  return page;
}

/** Goes to another page of the storefront. */
export const goTo = (page: Page, to: string): Promise<void> =>
  page.evaluate((address) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = address;
  }, to);

/** Waits for a heading. */
export const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole("heading", { name }).first().waitFor();

let people = 0;

/** Opens an account, as a person does. */
export async function signUp(page: Page, name = "Ann"): Promise<{ email: string; password: string }> {
  const person = { email: `person-${++people}@mail.example`, password: "a good password" };
  await goTo(page, "/sign-up");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.waitForURL((url) => !url.hash.includes("sign-"));
  await page.getByRole("link", { name: "Account", exact: true }).waitFor();
  return person;
}

/** Signs in. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await goTo(page, "/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => !url.hash.includes("sign-"));
  await page.getByRole("link", { name: "Account", exact: true }).waitFor();
}

/** Puts a product into the cart from its page. */
export async function putInCart(page: Page, productId: string, pieces = 1): Promise<void> {
  await goTo(page, `/products/${productId}`);
  await page.getByRole("spinbutton", { name: "Pieces" }).fill(String(pieces));
  await page.getByRole("button", { name: "Put into the cart" }).click();
  await page.getByText("In your cart:").first().waitFor();
}

/** Pays for the cart with one of the test cards. */
export async function payWith(page: Page, card: string): Promise<void> {
  await goTo(page, "/cart");
  await page.getByRole("radio", { name: card }).check();
  await page.getByRole("button", { name: "Place the order" }).click();
}

/** Asserts that nothing went wrong on any page. */
export const assertFaultless = (faults: readonly string[]): void => assert.deepEqual(faults, []);
