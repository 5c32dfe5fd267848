import { types } from "node:util";
import { Failure } from "./failure.ts";

/** Characters that are kept of a line of history, and of a description with all that lies behind it. */
const MOST_CHARACTERS = 2_000;
const MOST_DESCRIBED = 20_000;

/** How many causes behind each other are described: they may go round in a circle. */
const DEEPEST = 10;

/**
 * What was thrown, as an error that can be looked at: anything can be thrown, and an error can throw when its fields are read. Returns
 * `thrown` itself when it is an ordinary error, else an error that describes it. Never throws.
 */
export function errorFrom(thrown: unknown): Error {
  try {
    if (types.isProxy(thrown)) return new Error("a proxy was thrown");
    if (!(thrown instanceof Error)) return new Error(`something that is no error was thrown: ${String(thrown)}`);
    if (isReadable(thrown)) return thrown;
  } catch {}
  return new Error("something that can't be described was thrown");
}

/** The fields that those who handle errors read. */
const fields = ["name", "message", "stack", "code", "cause", "errors"] as const;

function isReadable(error: Error): boolean {
  const [name, message, stack = ""] = fields.map((field) => (error as unknown as Record<string, unknown>)[field]);
  return [name, message, stack].every((text) => typeof text === "string");
}

/** What was thrown and what lies behind it, in one line that PostgreSQL takes. Never throws. */
export const describeError = (thrown: unknown): string => legible(describe(thrown, 1), MOST_DESCRIBED);

/** The stack of what was thrown, and those of what lies behind it, as PostgreSQL takes them. Never throws. */
export const stackOf = (thrown: unknown): string => legible(stacks(thrown, 1), MOST_DESCRIBED);

function describe(thrown: unknown, depth: number): string {
  const error = errorFrom(thrown);
  const { message, cause } = error;
  const isOurs = error instanceof Failure;
  const faults = isOurs ? (error.errors ?? []).map(({ path, message }) => `${path} ${message}`) : [];
  const own = [isOurs ? `${error.code}: ${message}` : message, ...faults].join("; ");
  return cause === undefined || depth === DEEPEST ? own : `${own} (caused by ${describe(cause, depth + 1)})`;
}

function stacks(thrown: unknown, depth: number): string {
  const { name, message, stack, cause } = errorFrom(thrown);
  const own = stack || `${name}: ${message}`;
  return cause === undefined || depth === DEEPEST ? own : `${own}\ncaused by ${stacks(cause, depth + 1)}`;
}

/** The beginning of a text, at most 2,000 characters, as PostgreSQL takes it: NUL is written out, half surrogate pairs are replaced. */
export const legible = (text: string, most = MOST_CHARACTERS): string =>
  text.replaceAll("\0", "\\0").slice(0, most).toWellFormed();
