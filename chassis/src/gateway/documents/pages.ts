import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { type Document, PAGE_POLICY } from "./document-route.ts";
import { toJavaScript } from "./to-javascript.ts";

/** A folder of static files: `index.html`, and the modules, styles and pictures that it loads. */
export type Pages = {
  /** Ends with a slash. HTML, CSS, JavaScript, TypeScript (its types are taken out), SVG, PNG and JSON. */
  readonly folder: URL;
  /** The path of `index.html`; all other files are below it. Default `/`. */
  readonly at?: string | undefined;
  /** Served beside the files as `settings.json`, to everybody. Default: there is none. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".ts": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

type File = { readonly name: string; readonly type: string; readonly source: Buffer };

/**
 * What the pages are made of. Each file has two addresses: its own, where a browser asks whether it has changed, and one with the version of
 * the whole folder in it (`/~VERSION/main.js`), which a browser keeps. In `index.html` addresses that begin with `../` become
 * those; what modules and styles name relatively follows, so that a page never mixes two versions. Throws a TypeError for a file of no known kind.
 */
export function pageDocuments({ folder, at = "/", settings }: Pages): Document[] {
  if (!/^\/(?:[\w.-]+(?:\/[\w.-]+)*)?$/.test(at)) throw new TypeError(`pages can't be at ${at}: such as / or /help`);
  const base = at === "/" ? at : `${at}/`;
  const files = filesIn(folder);
  if (settings)
    files.push({ name: "settings.json", type: "application/json", source: Buffer.from(JSON.stringify(settings)) });
  const immutableBelow = `${base}~${versionOf(files)}/`;
  return files.flatMap(({ name, type, source }): Document[] => {
    const document = { type, source, policy: PAGE_POLICY, content: () => served(name, source) };
    if (name === "index.html") {
      const page = Buffer.from(String(source).replaceAll(/\b(href|src)="\.\//g, `$1="${immutableBelow}`));
      return [{ ...document, path: at, source: page, content: () => page }];
    }
    // Pages of another version, from a gateway that is being replaced, get what there is.
    return [
      { ...document, path: `${base}${name}` },
      { ...document, path: `${base}~{version}/${name}`, immutableBelow },
    ];
  });
}

function filesIn(folder: URL): File[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const root = decodeURIComponent(folder.pathname);
  return entries.map(({ parentPath, name }) => {
    const path = `${parentPath}/${name}`.slice(root.length - 1).replace(/^\/+/, "");
    const type = types[extname(name)];
    if (!type) throw new TypeError(`${path} can't be part of pages: ${Object.keys(types).join(", ")} can`);
    return { name: path, type, source: readFileSync(new URL(path, folder)) };
  });
}

function versionOf(files: readonly File[]): string {
  const hash = createHash("sha256");
  for (const { name, source } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    hash.update(`${name}\0${source.length}\0`).update(source);
  return hash.digest("base64url").slice(0, 16);
}

const served = (name: string, source: Buffer): Buffer =>
  name.endsWith(".ts") ? Buffer.from(toJavaScript(String(source))) : source;
