import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { asyncApi } from "../contract/asyncapi.ts";
import type { Contract } from "../contract/contract.ts";
import { openApi } from "../contract/openapi.ts";
import { acceptsGzip, compressed, compressedHeaders } from "./compression.ts";
import { isKnown } from "./entity-tag.ts";
import { type Exchange, sendBody, sendHead } from "./exchange.ts";
import { DATA_POLICY } from "./response-headers.ts";
import { type OwnRoute, ownRoute } from "./route-table.ts";
import { siteFiles } from "./site-files.ts";
import { startPage } from "./start-page.ts";

/** What is at an address. `path` is the whole of it. */
type Document = { readonly path: string; readonly type: string; readonly policy: string[]; readonly content: Buffer };

/** The page loads from this gateway only, and talks to it only. */
const PAGE_POLICY = [
  "content-security-policy",
  "default-src 'none'; script-src 'self'; img-src 'self' data:; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
];
const FILES = [
  ["docs", "index.html", "text/html"],
  ["docs/page.css", "page.css", "text/css"],
  ...["page", "element", "operation", "sample", "send", "session"].map(
    (name) => [`docs/${name}.js`, `${name}.js`, "text/javascript"] as const,
  ),
] as const;

/** What the documents are about. */
export type DocumentOptions = {
  title: string;
  version: string;
  contracts: readonly Contract[];
  prefix: string;
  /** A folder of files for `/`: `index.html`, and scripts and styles that it loads. Default: `/` says where the interface is. */
  site?: URL | undefined;
};

/** The routes to the pages and documents (OpenAPI, AsyncAPI). All are made once, at the start. */
export function documentRoutes(options: DocumentOptions): OwnRoute[] {
  const { prefix, site } = options;
  const json = (path: string, value: unknown): Document => ({
    path: `${prefix}/${path}`,
    type: "application/json",
    policy: DATA_POLICY,
    content: Buffer.from(JSON.stringify(value)),
  });
  const page = (path: string, type: string, content: Buffer): Document => ({
    path,
    type,
    policy: PAGE_POLICY,
    content,
  });
  const start = Buffer.from(startPage(options));
  const documents = [
    json("openapi.json", openApi(options)),
    json("asyncapi.json", asyncApi(options)),
    ...FILES.map(([path, file, type]) =>
      page(`${prefix}/${path}`, type, readFileSync(new URL(`./docs/${file}`, import.meta.url))),
    ),
    page(prefix, "text/html", start),
    ...(site
      ? siteFiles(site).map(([path, type, content]) => page(path, type, content))
      : [page("/", "text/html", start)]),
  ];
  return documents.map(route);
}

function route({ path, type, policy, content }: Document): OwnRoute {
  const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
  const headers = [...policy, "etag", etag, "cache-control", "no-cache"];
  const described = [...headers, "vary", "accept-encoding", "content-type", `${type}; charset=utf-8`];
  return ownRoute(path, "caller", async (exchange: Exchange) => {
    const asked = exchange.request.headers;
    if (isKnown(asked["if-none-match"], etag)) {
      sendHead(exchange, 304, headers);
      exchange.response.end();
    } else if (acceptsGzip(asked["accept-encoding"])) {
      sendBody(exchange, 200, compressedHeaders(described), await compressed(content));
    } else {
      sendBody(exchange, 200, described, content);
    }
  });
}
