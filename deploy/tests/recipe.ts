/** One line of a recipe for an image: `COPY a b` is COPY with `a b`. */
export type Instruction = { readonly name: string; readonly rest: string };

/** What lies between one FROM and the next. */
export type Stage = { readonly name: string; readonly instructions: readonly Instruction[] };

/** Reads a Dockerfile of the simple kind that ours is: no heredocs, no continued lines, no flags but `--from` and those of HEALTHCHECK. */
export function readRecipe(text: string): Stage[] {
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", rest = ""] = /^([A-Z]+) (.*[^\\])$/.exec(line) ?? [];
    if (name === "") throw new Error(`this line of the recipe can't be read: ${line}`);
    if (name === "FROM") stages.push({ name: / AS (\S+)$/.exec(rest)?.[1] ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push({ name, rest });
  }
  return stages;
}
