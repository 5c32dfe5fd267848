import { readFileSync } from "node:fs";
import type { Contract } from "../../contract/contract.ts";
import { asyncApi } from "../../contract/documents/asyncapi.ts";
import { openApi } from "../../contract/documents/openapi.ts";
import { DATA_POLICY } from "../forwarding/response-headers.ts";
import type { OwnRoute } from "../route-table.ts";
import { type Document, documentRoute, PAGE_POLICY } from "./document-route.ts";
import { type Pages, pageDocuments } from "./pages.ts";
import { startPage } from "./start-page.ts";

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
  /** Pages of the system's own. Default: none; where none is at `/`, a page there says where the interface is. */
  pages?: readonly Pages[] | undefined;
};

/** The routes to the pages and documents (OpenAPI, AsyncAPI). All are made once, at the start. */
export function documentRoutes(options: DocumentOptions): OwnRoute[] {
  const { prefix, pages = [] } = options;
  const json = (path: string, value: unknown): Document => ({
    path: `${prefix}/${path}`,
    type: "application/json",
    policy: DATA_POLICY,
    content: () => Buffer.from(JSON.stringify(value)),
  });
  const page = (path: string, type: string, content: Buffer): Document => ({
    path,
    type,
    policy: PAGE_POLICY,
    content: () => content,
  });
  const start = Buffer.from(startPage(options));
  const documents = [
    json("openapi.json", openApi(options)),
    json("asyncapi.json", asyncApi(options)),
    ...FILES.map(([path, file, type]) =>
      page(`${prefix}/${path}`, type, readFileSync(new URL(`./docs/${file}`, import.meta.url))),
    ),
    page(prefix, "text/html", start),
    ...(pages.some(({ at = "/" }) => at === "/") ? [] : [page("/", "text/html", start)]),
    ...pages.flatMap(pageDocuments),
  ];
  return documents.map(documentRoute);
}
