import { stripTypeScriptTypes } from "node:module";

/**
 * The JavaScript in TypeScript: blanks stand where types were, so that lines and columns stay. Throws for what is not erasable.
 */
export function toJavaScript(source: string): string {
  // Node.js warns once that the function is experimental; an operator could do nothing about it.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
