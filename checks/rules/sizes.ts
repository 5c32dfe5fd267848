import { posix } from "node:path";
import { fault, type Rule } from "./project.ts";
import type { Node } from "./source.ts";

/** Lines of a file and of a function; files in a folder; files at the root and npm scripts: one for each command that users rely on, and one for maintainers. */
const MOST = { file: 250, function: 70, folder: 20, root: 14, scripts: 14 };

const functions = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

/** A file fits a head. */
export const filesAreShort: Rule = (project) =>
  project.sources.flatMap((source) => {
    const lines = source.text.trimEnd().split("\n").length;
    return lines > MOST.file ? [fault(source, 1, `has ${lines} lines, more than ${MOST.file}`)] : [];
  });

/** A function fits a screen. */
export const functionsAreShort: Rule = (project) =>
  project.sources.flatMap((source) => {
    const linesOf = ({ start, end }: Node) => source.lineOf(end) - source.lineOf(start) + 1;
    return source.nodes
      .filter((node) => functions.includes(node.type) && linesOf(node) > MOST.function)
      .map((node) =>
        fault(source, source.lineOf(node.start), `a function of ${linesOf(node)} lines, more than ${MOST.function}`),
      );
  });

/** A folder shows its parts: code, side by side, is little enough to be taken in. Pages of a document are read by their index. */
export const foldersAreSmall: Rule = (project) => {
  const files = Map.groupBy(project.files, (path) => posix.dirname(path));
  return [...files]
    .filter(([folder, { length }]) => length > MOST.folder && !folder.startsWith("docs/"))
    .map(([folder, { length }]) => `${folder}:1 ${length} files side by side, more than ${MOST.folder}`);
};

/** The root can be taken in at a glance. */
export const rootIsSmall: Rule = (project) => {
  const files = [...project.files].filter((path) => !path.includes("/")).length;
  const root = project.packages.find(({ folder }) => folder === "");
  const scripts = Object.keys(root?.manifest.scripts ?? {}).length;
  return [
    ...(files > MOST.root ? [`.:1 ${files} files at the root, more than ${MOST.root}`] : []),
    ...(scripts > MOST.scripts ? [`package.json:1 ${scripts} scripts, more than ${MOST.scripts}`] : []),
  ];
};
