import { registerHooks } from "node:module";

/**
 * Preloaded into a test: replaces a text in one source file as it is loaded, as PLANTED says (JSON: `file`, `find`, `replace`). The
 * file itself stays as it is. Fails when the text is not there.
 */
const { file, find, replace } = JSON.parse(process.env["PLANTED"] ?? "") as Record<"file" | "find" | "replace", string>;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(`/${file}`)) return loaded;
    const source = String(loaded.source);
    if (!source.includes(find)) throw new Error(`there is no ${find} in ${file}`);
    console.log(`planted in ${file}`);
    return { ...loaded, source: source.replace(find, () => replace) };
  },
});
