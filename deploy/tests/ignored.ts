import { matchesGlob } from "node:path";

/**
 * Makes what tells whether a path of the build context stays out of images, from the text of a `.dockerignore`: the last line that matches it
 * or a folder above it decides.
 */
export function ignoredBy(text: string): (path: string) => boolean {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const rules = lines.map((line) => ({ pattern: line.replace(/^!/, ""), ignored: !line.startsWith("!") }));
  return (path) => {
    const parts = path.split("/");
    const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    return rules.findLast(({ pattern }) => above.some((each) => matchesGlob(each, pattern)))?.ignored ?? false;
  };
}
