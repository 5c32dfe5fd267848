import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually } from "../fixtures/visitor.ts";
import { assertFaultless, goTo, openBrowser, openStorefront, signIn, signUp, noBrowser as skip } from "./browser.ts";

let shop: Shop;
/** Of each kind something, written by a person who means no good. */
let hostile: { product: string; order: string };
const words = `<script>globalThis.hacked = 1</script><img src=x onerror="globalThis.hacked=1"> \u202eright to left ${"endless".repeat(18)}`;

before(async (t) => {
  if (skip) return;
  shop = await startShop(t as never);
  const body = {
    name: words.slice(0, 200),
    description: `${words}\n\u05e9\u05dc\u05d5\u05dd ${"x".repeat(500)}`,
    category: words.slice(0, 50),
    price: { amount: 1_999, currency: "EUR" },
    imageUrl: "https://elsewhere.example/picture.png",
  };
  const product = (await shop.admin.ask("POST", "/api/products", { body })).body.id;
  await eventually(
    "it has stock",
    async () =>
      (await shop.admin.ask("PUT", `/api/inventory/${product}`, { body: { available: 9 } })).status === 200 ||
      undefined,
  );
  const order = (await shop.admin.order(product, 2)).id;
  await eventually(
    "it is told",
    async () => (await shop.admin.ask("GET", "/api/notifications")).body.items.length > 0 || undefined,
  );
  hostile = { product, order };
});

const everyPage = () => [
  "/",
  `/?search=${encodeURIComponent(words)}`,
  `/products/${hostile.product}`,
  "/cart",
  "/sign-in",
  "/sign-up",
  "/password",
  "/orders",
  `/orders/${hostile.order}`,
  "/notifications",
  "/account",
  "/admin/products",
  `/admin/products/${hostile.product}`,
  "/admin/mailbox",
  "/nothing",
];

async function settled(page: Page, to: string): Promise<void> {
  await goTo(page, to);
  await eventually(`${to} is shown`, () =>
    page.evaluate(() => {
      const { document, location } = globalThis as unknown as {
        document: { querySelector(query: string): unknown };
        location: { hash: string };
      };
      return location.hash !== "" &&
        !document.querySelector("main[aria-busy], .loading") &&
        document.querySelector("h1")
        ? true
        : undefined;
    }),
  );
}

const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

for (const dark of [false, true])
  for (const width of [1_920, 768, 320])
    test(`every page at ${width} px, ${dark ? "dark" : "light"}: WCAG 2.1 AA, nothing is wider than the screen, no text is code`, {
      skip,
    }, async (t) => {
      const { browser, faults } = await openBrowser(t, { width, dark });
      const page = await openStorefront(shop, browser);
      await page.emulateMedia({ reducedMotion: "reduce", colorScheme: dark ? "dark" : "light" });
      await signIn(page, { email: "admin@shop.example", password: "correct horse battery" });
      await goTo(page, `/products/${hostile.product}`);
      await page.getByRole("button", { name: "Put into the cart" }).click();
      for (const to of everyPage()) {
        await settled(page, to);
        // What a policy forbids to pages, the debugger may do.
        const found = await page.evaluate(`${axe}; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })`);
        const { violations, passes } = found as AxeResults;
        assert.ok(passes.length > 5, `${to} was looked at`);
        const told = violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`,
        );
        assert.deepEqual(told, [], to);
        const wide = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = (
            globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
          ).document.documentElement;
          return scrollWidth - clientWidth;
        });
        assert.ok(wide <= 0, `${to} is ${wide} px wider than the screen`);
        assert.equal(await page.evaluate(() => (globalThis as unknown as { hacked?: number }).hacked), undefined, to);
        assert.equal(await page.locator("main script, main img[onerror]").count(), 0, to);
      }
      assertFaultless(faults);
    });

test("everything can be done with the keyboard alone: an account, a search, a cart, an order, its end", {
  skip,
}, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  const { keyboard } = page;
  /** Presses Tab until what has the focus is called so. */
  const tabTo = async (name: RegExp) => {
    for (let at = 0; at < 80; at++) {
      await keyboard.press("Tab");
      const label = await page.evaluate(() => {
        type Focused = { ariaLabel: string | null; textContent: string; labels?: { textContent: string }[] };
        const focused = (globalThis as unknown as { document: { activeElement: Focused } }).document.activeElement;
        return focused.ariaLabel ?? focused.labels?.[0]?.textContent ?? focused.textContent;
      });
      if (name.test(label)) return;
    }
    assert.fail(`${name} can't be reached`);
  };
  await page.getByRole("link", { name: "Brass cabin lamp" }).waitFor();
  await tabTo(/^Search the shop$/);
  await keyboard.type("brass lamp");
  await keyboard.press("Enter");
  await page.getByRole("main").getByText("1 product", { exact: true }).waitFor();
  await tabTo(/^Brass cabin lamp$/);
  await keyboard.press("Enter");
  await page.getByRole("button", { name: "Put into the cart" }).waitFor();
  await tabTo(/^Put into the cart$/);
  await keyboard.press("Enter");
  await tabTo(/^To the cart$/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your cart" }).waitFor();
  await tabTo(/^Open an account$/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Open an account" }).waitFor();
  await tabTo(/^Name$/);
  await keyboard.type("Kim");
  await tabTo(/^Email$/);
  await keyboard.type("kim@mail.example");
  await tabTo(/^Password$/);
  await keyboard.type("a good password");
  await keyboard.press("Enter");
  await page.getByRole("button", { name: "Place the order" }).waitFor();
  await tabTo(/^Card that works/);
  await keyboard.press("ArrowDown");
  assert.equal(await page.getByRole("radio", { name: "Slow card" }).isChecked(), true);
  await tabTo(/^Place the order$/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Thank you: it is yours" }).waitFor();
  await tabTo(/^Cancel the order$/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Cancelled" }).waitFor();
  assertFaultless(faults);
});

test("a first visit costs at most 100 KB, a second one a single question about the page", { skip }, async (t) => {
  const { browser } = await openBrowser(t);
  const page = await browser.newPage();
  const visit = async () => {
    const network = await browser.newCDPSession(page);
    await network.send("Network.enable");
    let bytes = 0;
    const asked = new Map<string, string>();
    network.on("Network.responseReceived", ({ requestId, response }) => {
      const path = new URL(response.url).pathname;
      if (!response.fromDiskCache) asked.set(requestId, path);
    });
    network.on("Network.requestServedFromCache", ({ requestId }) => asked.delete(requestId));
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const path = asked.get(requestId);
      if (encodedDataLength === 0) asked.delete(requestId);
      else if (path && !path.endsWith("/picture")) bytes += encodedDataLength;
    });
    await page.goto(`${shop.url("gateway")}/`);
    await page.getByRole("link", { name: "Brass cabin lamp" }).waitFor();
    await network.detach();
    return { bytes, asked: [...asked.values()].filter((path) => !path.startsWith("/api/")) };
  };
  const first = await visit();
  t.diagnostic(`${(first.bytes / 1_024).toFixed(1)} KB, ${first.asked.length} files`);
  assert.ok(first.bytes < 100 * 1_024, `${first.bytes} bytes`);
  assert.ok(first.asked.includes("/"));
  await page.goto("about:blank");
  assert.deepEqual((await visit()).asked, ["/"]);
});

test("the page names in advance each module that its first visit needs", async () => {
  const site = new URL("../../gateway/storefront/site/", import.meta.url);
  const needed = new Set<string>();
  const follow = async (name: string): Promise<void> => {
    if (needed.has(name)) return;
    needed.add(name);
    const source = await readFile(new URL(name, site), "utf8");
    const imports = source.matchAll(/^import (?!type ).*? from "(\.[^"]+)"/gms);
    for (const [, path = ""] of imports) await follow(new URL(path, new URL(name, "http://site/")).pathname.slice(1));
  };
  await follow("main.ts");
  const page = await readFile(new URL("index.html", site), "utf8");
  const named = Array.from(page.matchAll(/modulepreload" href="\.\/([^"]+)"/g), ([, path = ""]) => path);
  assert.deepEqual(named.toSorted(), [...needed].filter((name) => name !== "main.ts").sort());
});

test("a person who meets a hostile name of another sees it as text", { skip }, async (t) => {
  const { browser, faults } = await openBrowser(t);
  const page = await openStorefront(shop, browser);
  await signUp(page, words.slice(0, 100));
  await goTo(page, `/products/${hostile.product}`);
  await page.getByRole("heading", { name: "<script>globalThis.hacked" }).waitFor();
  const picture = page.getByRole("article").locator("img");
  assert.equal(
    await picture.getAttribute("src"),
    `/api/products/${hostile.product}/picture`,
    "pictures from elsewhere are not loaded",
  );
  assertFaultless(faults);
});
