import { posix } from "node:path";
import type { Node } from "./source.ts";
import { parseSource } from "./source.ts";

/** A declaration with the names that it mentions. */
export type Declaration = { readonly text: string; readonly mentions: readonly string[] };

/** What a name stands for: something that `module` exports as `name`; a module of a package is named as it is imported. */
export type Reference = { readonly module: string; readonly name: string };

/** A declaration file: what it declares, and whose names it takes and passes on. */
export type DeclaredModule = {
  readonly declarations: ReadonlyMap<string, Declaration>;
  readonly imports: ReadonlyMap<string, Reference>;
  /** Exported names with what they are called in the module itself, or where they come from. */
  readonly exports: ReadonlyMap<string, string | Reference>;
};

type Named = Node & { name: string };
type Statement = Node & {
  source?: { value: string } | null;
  declaration?: Statement | null;
  declarations?: { id: Named }[];
  id?: Named;
  specifiers?: { local: Named; exported: Named; imported?: Named }[];
};

/** Reads the text of the declaration file at `path`. */
export function readDeclarations(path: string, text: string): DeclaredModule {
  const source = parseSource(path, text);
  const imports = new Map<string, Reference>();
  const exports = new Map<string, string | Reference>();
  const declarations = new Map<string, Declaration>();
  const target = (specifier: string) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier).replace(/\.(ts|js)$/, ".d.ts") : specifier;

  const declare = (statement: Statement, isExported: boolean) => {
    const inside = source.nodes.filter(({ start, end }) => start >= statement.start && end <= statement.end);
    const mentions = inside.filter(({ type }) => type === "Identifier").map((node) => (node as Named).name);
    for (const { name } of statement.declarations?.map(({ id }) => id) ?? [statement.id as Named]) {
      const before = declarations.get(name);
      const own = withoutComments(text.slice(statement.start, statement.end));
      declarations.set(name, {
        text: before ? `${before.text}\n${own}` : own,
        mentions: [...(before?.mentions ?? []), ...mentions],
      });
      if (isExported) exports.set(name, name);
    }
  };

  for (const statement of (source.nodes[0] as Node & { body: Statement[] }).body) {
    const from = statement.source ? target(statement.source.value) : undefined;
    if (statement.type === "ImportDeclaration" && from)
      for (const { local, imported } of statement.specifiers ?? [])
        imports.set(local.name, { module: from, name: imported?.name ?? "default" });
    else if (statement.declaration) declare(statement.declaration, true);
    else if (statement.type === "ExportNamedDeclaration")
      for (const { local, exported } of statement.specifiers ?? [])
        exports.set(exported.name, from ? { module: from, name: local.name } : local.name);
    else if (statement.id ?? statement.declarations) declare(statement, false);
  }
  return { declarations, imports, exports };
}

const withoutComments = (text: string): string =>
  text
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, "")
    .replaceAll(/\s*\/\*\*[^\n]*?\*\//g, "")
    .replace(/^declare /, "");
