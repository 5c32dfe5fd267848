import { posix } from "node:path";

/** A Markdown file: its path from the root, and its text. */
export type Document = { readonly path: string; readonly text: string };

/** Links that lead nowhere: to a file or folder that is not there, or to a heading that its document does not have. */
export function deadLinks(documents: readonly Document[], files: ReadonlySet<string>): string[] {
  const folders = new Set([...files].flatMap(foldersOf));
  return documents.flatMap((document) =>
    linksIn(document.text).flatMap((link) => {
      const [target = "", heading] = link.split("#");
      const path = target === "" ? document.path : posix.join(posix.dirname(document.path), decodeURI(target));
      const isThere = files.has(path) || folders.has(path.replace(/\/$/, ""));
      if (!isThere) return [`${document.path} links to ${link}, which is not there`];
      const linked = documents.find((each) => each.path === path);
      const found = heading === undefined || !linked || headingsIn(linked.text).includes(heading);
      return found ? [] : [`${document.path} links to ${link}, which has no such heading`];
    }),
  );
}

/** Commands such as `npm run bench` whose script is not in `scripts`. */
export function unknownCommands(documents: readonly Document[], scripts: ReadonlySet<string>): string[] {
  return documents.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g), ([command, run, short]) => ({
      command,
      script: run ?? short ?? "",
    }))
      .filter(({ script }) => !scripts.has(script))
      .map(({ command }) => `${path} says ${command}, but there is no such script`),
  );
}

/** Commands such as `node deploy/generate.ts`: on a machine with an older Node.js they fail, what npm runs does not. */
export function bareNodeCommands(documents: readonly Document[]): string[] {
  return documents.flatMap(({ path, text }) =>
    Array.from(
      text.matchAll(/\b(?:node|tsx|deno run)(?: -\S+)* [\w./*-]+\.[cm]?ts\b/g),
      ([command]) => `${path} says ${command}: name an npm script, which brings its Node.js`,
    ),
  );
}

/** What the document links to inside the repository, code left out. */
function linksIn(text: string): string[] {
  const prose = withoutFences(text).replaceAll(/`[^`\n]*`/g, "``");
  const targets = Array.from(prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g), ([, target]) => target ?? "");
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** The anchors of its headings, as GitHub makes them. */
const headingsIn = (text: string): string[] =>
  Array.from(withoutFences(text).matchAll(/^#{1,6} (.+)$/gm), ([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

const withoutFences = (text: string): string => text.replaceAll(/^(```|~~~)[^\n]*\n[\s\S]*?^\1/gm, "");

function foldersOf(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === "." ? ["."] : [folder, ...foldersOf(folder)];
}
