import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { chromium, type Locator, type Page } from "playwright-core";
import { answerJson } from "../../testing/servers/http-server.ts";
import { gatewayTo, libraryServer } from "../gateway.fixture.ts";

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : `there is no ${executablePath} (on Debian: apt-get install chromium)`;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const quiet = ["--disable-background-networking", "--disable-component-update"];

/** The page of a gateway before a small library, and what went wrong on it. */
async function openDocs(t: TestContext) {
  const user = { id: "ann", name: "Ann", role: "customer" };
  const service = await libraryServer(t, (request, response) => {
    if (request.url === "/auth/login") return answerJson(response, 200, { user, accessToken: "ann" });
    if (request.url !== "/news") return answerJson(response, 200, { id: "b1", asked: request.url });
    return response.writeHead(200, { "content-type": "text/event-stream" }).write("data: one\n\n");
  });
  const { url } = await gatewayTo(t, [service.url]);
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: [...flags, ...quiet] });
  t.after(async () => {
    await browser.close();
    await rm(profile, { recursive: true });
  });
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => request.url().startsWith(url) || faults.push(`asks ${request.url()}`));
  await page.goto(`${url}/api/docs`);
  await page.getByRole("heading", { name: "Library 1.0.0" }).waitFor();
  return { page, service, faults };
}

/** Opens a call on the page. */
async function open(page: Page, operationId: string): Promise<Locator> {
  await page.getByRole("navigation").getByRole("link", { name: operationId, exact: true }).click();
  return page.locator(`#${operationId}`);
}

const sends = (call: Locator) => call.getByRole("button", { name: "Send" }).click();
const says = (call: Locator, text: string) => call.getByText(text).first().waitFor();

test("every call can be read, and tried with parameters and a body", { skip }, async (t) => {
  const { page, service, faults } = await openDocs(t);
  assert.equal(await page.locator("details").count(), 10, "all calls but the internal one");

  const getBook = await open(page, "getBook");
  await getBook.getByLabel("id (required)").fill("a/b");
  await sends(getBook);
  await says(getBook, "400 Bad Request");
  await getBook.getByLabel("id (required)").fill("b1");
  await sends(getBook);
  await says(getBook, '"asked": "/books/b1"');

  const lend = await open(page, "lend");
  await sends(lend);
  await says(lend, "401 Unauthorized");
  const login = await open(page, "login");
  await login.getByRole("textbox", { name: "Body" }).fill('{"title": ');
  await sends(login);
  await says(login, "The body is not JSON");
  await login.getByRole("textbox", { name: "Body" }).fill('{"title": "x"}');
  await sends(login);
  await page.getByText("Signed in as Ann (customer)").waitFor();
  await lend.getByLabel("Idempotency-Key").fill("key-1");
  await sends(lend);
  await says(lend, "200 OK");
  const sent = service.requests.at(-1);
  assert.equal(sent?.headers.authorization, "Bearer ann");
  assert.equal(sent?.headers["idempotency-key"], "key-1");
  assert.deepEqual(JSON.parse(sent?.body ?? ""), { title: "text" });
  // The browser itself notes each answer that is an error.
  assert.deepEqual(
    faults.filter((fault) => !fault.includes("the server responded with a status of 40")),
    [],
  );
});

test("one signs in at the top, and a stream is shown as it comes until it is stopped", { skip }, async (t) => {
  const { page, faults } = await openDocs(t);
  await page.getByLabel("Email").fill("ann@mail.example");
  await page.getByLabel("Password").fill("secret-word");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Signed in as Ann (customer)").waitFor();
  const news = await open(page, "news");
  await sends(news);
  await says(news, "data: one");
  await news.getByRole("button", { name: "Stop" }).click();
  await says(news, "(stopped)");
  assert.deepEqual(faults, []);
});

test("every field has a name, and the page works with the keyboard alone", { skip }, async (t) => {
  const { page } = await openDocs(t);
  for (const field of await page.locator("input, textarea").all()) {
    assert.notEqual(await field.evaluate((element: { labels: { length: number } }) => element.labels.length), 0);
  }
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const summary = page.locator("#listBooks > summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  const call = page.locator("#listBooks");
  await call.getByRole("button", { name: "Send" }).focus();
  await page.keyboard.press("Enter");
  await says(call, '"asked": "/books"');
});
