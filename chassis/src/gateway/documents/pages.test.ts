import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { gatewayTo } from "../gateway.fixture.ts";

const books = {
  "index.html":
    '<link rel="icon" href="./icons/book.svg" /><script type="module" src="./books.ts"></script><a href="/api">API</a>',
  "books.ts":
    'import { title } from "./words/title.js";\nexport const shout = (text: string): string => text + title;\n',
  "words/title.js": `export const title = "${"Books ".repeat(400)}";`,
  "icons/book.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
  "icons/book.png": "\x89PNG",
};

async function folderOf(t: TestContext, files: Record<string, string> = books): Promise<URL> {
  const folder = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, "latin1");
  }
  return pathToFileURL(`${folder}/`);
}

/** Where the page's modules are, in its version. */
const scriptIn = (page: string) => /src="([^"]+)"/.exec(page)?.[1] ?? "";

test("a folder is served at the address it is given, with the types of its files and a strict policy", async (t) => {
  const { url } = await gatewayTo(t, [], { pages: [{ folder: await folderOf(t), at: "/help/reader" }] });
  for (const [path, type] of [
    ["/help/reader", "text/html; charset=utf-8"],
    ["/help/reader/books.ts", "text/javascript; charset=utf-8"],
    ["/help/reader/words/title.js", "text/javascript; charset=utf-8"],
    ["/help/reader/icons/book.svg", "image/svg+xml; charset=utf-8"],
    ["/help/reader/icons/book.png", "image/png"],
  ]) {
    const { status, headers } = await fetch(`${url}${path}`);
    assert.deepEqual([status, headers.get("content-type"), headers.get("cache-control")], [200, type, "no-cache"]);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /script-src 'self'; .*frame-ancestors 'none'.*require-trusted-types-for 'script'/);
    assert.doesNotMatch(policy, /unsafe/);
  }
  assert.match(await (await fetch(`${url}/`)).text(), /where the interface begins/);
  for (const path of ["/help/reader/index.html", "/help/reader/", "/help/reader/words", "/help/reader/nothing.js"])
    assert.equal((await fetch(`${url}${path}`)).status, 404, path);
});

test("what a page loads is kept by the browser, under an address that changes with any of its files", async (t) => {
  const open = async (files: Record<string, string>) => {
    const { url } = await gatewayTo(t, [], { pages: [{ folder: await folderOf(t, files) }] });
    const page = await fetch(`${url}/`);
    return { url, etag: page.headers.get("etag") ?? "", script: scriptIn(await page.text()) };
  };
  const { url, script, etag } = await open(books);
  assert.match(script, /^\/~[\w-]{16}\/books\.ts$/);
  const kept = await fetch(`${url}${script}`);
  assert.equal(kept.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const source = await kept.text();
  assert.match(source, /shout = \(text +\) +=> text \+ title/, "types are taken out");
  const nested = new URL("./words/title.js", `${url}${script}`);
  assert.match((await fetch(nested)).headers.get("cache-control") ?? "", /immutable/);
  assert.equal((await fetch(`${url}/`, { headers: { "if-none-match": etag } })).status, 304);

  const again = await open(books);
  assert.deepEqual([again.script, again.etag], [script, etag]);
  const changed = await open({ ...books, "words/title.js": "export const title = 1;" });
  assert.notEqual(changed.script, script);
  assert.notEqual(changed.etag, etag);
  // While gateways of two versions run, a page of one asks the other.
  const other = await fetch(`${changed.url}${script}`);
  assert.deepEqual([other.status, other.headers.get("cache-control")], [200, "no-cache"]);
});

test("what can be compressed is, for clients that take it", async (t) => {
  const { url } = await gatewayTo(t, [], { pages: [{ folder: await folderOf(t) }] });
  const ask = (path: string, encoding: string) => fetch(`${url}${path}`, { headers: { "accept-encoding": encoding } });
  const zipped = await ask("/words/title.js", "gzip");
  assert.deepEqual(
    ["content-encoding", "vary"].map((name) => zipped.headers.get(name)),
    ["gzip", "accept-encoding"],
  );
  assert.ok(Number(zipped.headers.get("content-length")) < 200);
  assert.equal(await zipped.text(), books["words/title.js"]);
  assert.equal((await ask("/words/title.js", "identity")).headers.get("content-encoding"), null);
  assert.equal((await ask("/icons/book.png", "gzip")).headers.get("content-encoding"), null);
});

test("the settings of pages are a file beside them", async (t) => {
  const settings = { CONSOLE_URL: "http://console.example" };
  const { url } = await gatewayTo(t, [], { pages: [{ folder: await folderOf(t), settings }] });
  assert.deepEqual(await (await fetch(`${url}/settings.json`)).json(), settings);
});

test("files of no known kind, pages where pages can't be, and two at one place are told at the start", async (t) => {
  const odd = await folderOf(t, { "notes/notes.txt": "" });
  await assert.rejects(
    gatewayTo(t, [], { pages: [{ folder: odd }] }),
    /notes\/notes\.txt can't be part of pages: \.html/,
  );
  const folder = await folderOf(t);
  for (const at of ["help", "/help/", "/{help}", "/*"])
    await assert.rejects(gatewayTo(t, [], { pages: [{ folder, at }] }), /pages can't be at/);
  await assert.rejects(gatewayTo(t, [], { pages: [{ folder }, { folder }] }), /already declared/);
});
