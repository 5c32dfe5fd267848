import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** The files of a folder with the path and the media type that each is served with; `index.html` is at `/`. Throws for a kind it does not know. */
export function siteFiles(folder: URL): [path: string, type: string, content: Buffer][] {
  return readdirSync(folder).map((name) => {
    const type = types[extname(name)];
    if (!type) throw new TypeError(`${name} can't be part of a site: ${Object.keys(types).join(", ")} can`);
    return [name === "index.html" ? "/" : `/${name}`, type, readFileSync(new URL(name, folder))];
  });
}
