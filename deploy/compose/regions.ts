const begin = (name: string) => new RegExp(`^( *)# generated: ${name}\\n`, "m");

/**
 * Puts generated lines into a text written by hand: between `# generated: NAME` and `# end`, as deep as these are. Throws when there is no
 * such place for one of them.
 */
export function fillRegions(text: string, regions: Readonly<Record<string, string>>): string {
  return Object.entries(regions).reduce((filled, [name, content]) => {
    const found = begin(name).exec(filled);
    const start = found ? found.index + found[0].length : -1;
    const end = found ? filled.indexOf(`${found[1]}# end\n`, start) : -1;
    if (!found || end === -1) throw new Error(`there is no place for the generated ${name}`);
    return filled.slice(0, start) + indented(content, found[1] ?? "") + filled.slice(end);
  }, text);
}

const indented = (content: string, indent: string): string =>
  content
    .trim()
    .split("\n")
    .map((line) => (line === "" ? "\n" : `${indent}${line}\n`))
    .join("");
