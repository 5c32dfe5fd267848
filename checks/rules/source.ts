import { parseSync, visitorKeys } from "oxc-parser";

/** A node of the syntax tree (ESTree with TypeScript). */
export type Node = { readonly type: string; readonly start: number; readonly end: number };

/** One file named by another, however: import, re-export, `import()` or a type's `import("…")`. */
export type Import = { readonly specifier: string; readonly typeOnly: boolean; readonly line: number };

/** A parsed TypeScript file. */
export type Source = {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly nodes: readonly Node[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
  /** The number of the line that an offset is on, from 1. */
  lineOf(offset: number): number;
};

/** Parses a file. Throws when it is not TypeScript. */
export function parseSource(path: string, text: string): Source {
  const { program, module, comments, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const nodes = [...walk(program as Node)];
  const named = (start: number, specifier: string, typeOnly: boolean): Import => ({
    specifier,
    typeOnly,
    line: lineOf(start),
  });
  return {
    path,
    text,
    nodes,
    lineOf,
    comments: comments.map(({ value, start }) => ({ text: value, line: lineOf(start) })),
    imports: [
      ...module.staticImports.map(({ start, moduleRequest, entries }) =>
        named(start, moduleRequest.value, entries.length > 0 && entries.every(({ isType }) => isType)),
      ),
      ...module.staticExports.flatMap(({ entries }) =>
        entries.flatMap(({ start, moduleRequest, isType }) =>
          moduleRequest ? [named(start, moduleRequest.value, isType)] : [],
        ),
      ),
      ...nodes.flatMap((node) => {
        const specifier = sourceOf(node);
        return specifier === undefined ? [] : [named(node.start, specifier, node.type === "TSImportType")];
      }),
    ],
  };
}

/** What `import("…")` names, as a value or as a type; undefined when it is not known before it runs. */
function sourceOf(node: Node): string | undefined {
  if (node.type !== "ImportExpression" && node.type !== "TSImportType") return undefined;
  const { source } = node as Node & { source: Node & { value?: unknown } };
  return typeof source.value === "string" ? source.value : undefined;
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, unknown>)[key];
    for (const one of Array.isArray(child) ? child : [child]) {
      if (one) yield* walk(one as Node);
    }
  }
}
