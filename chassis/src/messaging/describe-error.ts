import { Failure } from "../core/failure.ts";

/** Characters that are kept of a description. */
const MOST = 20_000;

/** How many causes behind each other are described: they may go round in a circle. */
const DEEPEST = 10;

/** An error and what lies behind it, in one line. Never throws, whatever was thrown. */
export const describeError = (error: unknown): string => printable(describe(error, 1));

/** Its stack, and those of what lies behind it; null for what is no error. Never throws. */
export const stackOf = (error: unknown): string | null => (error instanceof Error ? printable(stacks(error, 1)) : null);

function describe(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return readable(() => String(error));
  const code = error instanceof Failure ? `${error.code}: ` : "";
  const faults = error instanceof Failure ? (error.errors ?? []).map(({ path, message }) => `${path} ${message}`) : [];
  const own = [`${code}${readable(() => error.message)}`, ...faults].join("; ");
  const cause = causeOf(error);
  return cause === undefined || depth === DEEPEST ? own : `${own} (caused by ${describe(cause, depth + 1)})`;
}

function stacks(error: Error, depth: number): string {
  const own = readable(() => error.stack ?? "");
  const cause = causeOf(error);
  return cause instanceof Error && depth < DEEPEST ? `${own}\ncaused by ${stacks(cause, depth + 1)}` : own;
}

function causeOf(error: Error): unknown {
  try {
    return error.cause;
  } catch {
    return undefined;
  }
}

/** What was thrown may throw itself when it is looked at. */
function readable(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return "something that can't be shown";
  }
}

/** What PostgreSQL's text holds: no NUL, and no half of a character. */
export const printable = (text: string): string => text.slice(0, MOST).toWellFormed().replaceAll("\0", "\\0");
