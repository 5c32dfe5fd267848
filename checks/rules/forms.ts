import { type Fault, fault, isForTests, type Project, type Rule } from "./project.ts";
import type { Node, Source } from "./source.ts";

type Any = Node & Record<string, unknown>;

/** Forms of the language that are not used here, and why. */
const banned: readonly { why: string; is(node: Any): boolean }[] = [
  { why: "name each export: no `export *`", is: ({ type }) => type === "ExportAllDeclaration" },
  {
    why: "no default export: a name is found by searching for it",
    is: ({ type }) => type === "ExportDefaultDeclaration",
  },
  { why: "no enum: it is not erasable", is: ({ type }) => type === "TSEnumDeclaration" },
  { why: "no decorators: wire by hand", is: ({ type }) => type === "Decorator" },
];

/** The files hold none of the banned forms. */
export const noBannedForms: Rule = (project) =>
  eachNode(project, (source, node) => {
    const form = banned.find(({ is }) => is(node));
    return form && fault(source, source.lineOf(node.start), form.why);
  });

/** Where the environment may be read: where a process begins, and where tests do. */
const readsEnvironment = [
  /^shop\/commands\//,
  /^(checks|bench|deploy)\//,
  /^chassis\/src\/testing\//,
  /^chassis\/src\/service\/host\/process\.ts$/,
  /^chassis\/src\/commands\/flotilla\.ts$/,
  /^chassis\/src\/topology\/system\/run-service\.ts$/,
  // PATH, for the programs of PostgreSQL that it starts.
  /^chassis\/src\/topology\/postgres\/postgres-cluster\.ts$/,
];

/** Settings come in as data; only the beginning of a process reads the environment. */
export const environmentIsReadOnce: Rule = (project) =>
  eachNode(project, (source, node) => {
    if (isForTests(source.path) || readsEnvironment.some((place) => place.test(source.path))) return undefined;
    const reads =
      node.type === "MemberExpression" && isName(node["object"], "process") && isName(node["property"], "env");
    const imports = node.type === "ImportSpecifier" && isName(node["imported"], "env");
    return reads || imports
      ? fault(source, source.lineOf(node.start), "the environment is read where a process begins")
      : undefined;
  });

/** No test is run alone by accident. */
export const noTestAlone: Rule = (project) =>
  eachNode(project, (source, node) => {
    const alone =
      node.type === "MemberExpression" &&
      isName(node["property"], "only") &&
      ["test", "it", "describe", "suite"].some((name) => isName(node["object"], name));
    return alone && source.path.endsWith(".test.ts")
      ? fault(source, source.lineOf(node.start), "runs alone")
      : undefined;
  });

/** What runs for long takes Node.js' HTTP from the one file that knows how to load it without the rest. */
export const httpIsLight: Rule = (project) =>
  eachNode(project, (source, node) => {
    const lasts = /^(chassis\/src\/(?!testing\/)|shop\/[^/]+\/src\/)/.test(source.path) && !isForTests(source.path);
    if (!lasts) return undefined;
    const { type, importKind, source: from } = node as Any & { source?: { value?: unknown } };
    const loads = type === "ImportDeclaration" && importKind !== "type" && /^(node:)?https?$/.test(String(from?.value));
    return loads
      ? fault(source, source.lineOf(node.start), "take it from the chassis: core/network/node-http.ts says why")
      : undefined;
  });

/** In the shop SQL is run by stores (and tests) only. */
export const sqlInStores: Rule = (project) =>
  eachNode(project, (source, node) => {
    if (!/^shop\/[^/]+\/src\//.test(source.path) || isForTests(source.path) || source.path.endsWith("-store.ts"))
      return undefined;
    const { callee } = node as Any & { callee?: Any };
    const runs =
      node.type === "CallExpression" && callee?.type === "MemberExpression" && isName(callee["property"], "query");
    return runs ? fault(source, source.lineOf(node.start), "SQL belongs in a store") : undefined;
  });

const leftovers = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)/;

/** Comments put nothing off, and switch no check off. */
export const nothingPutOff: Rule = (project) =>
  project.sources.flatMap((source) =>
    source.comments.flatMap(({ text, line }) => {
      const found = leftovers.exec(text);
      return found ? [fault(source, line, `${found[0]} in a comment`)] : [];
    }),
  );

function eachNode(project: Project, judge: (source: Source, node: Any) => Fault | undefined): Fault[] {
  return project.sources.flatMap((source) => source.nodes.flatMap((node) => judge(source, node as Any) ?? []));
}

const isName = (node: unknown, name: string): boolean => (node as { name?: string } | undefined)?.name === name;
