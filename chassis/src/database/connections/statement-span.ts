import { currentContext } from "../../context/context.ts";
import type { Attributes } from "../../context/tracer.ts";
import { inSpan, isRecorded } from "../../telemetry/tracing/span.ts";

/**
 * Runs a statement as a span of the work under way, named after what it does and to which table. Its values are never told, nor is its
 * text: what somebody wrote into it by mistake would be told as well.
 */
export function inStatementSpan<T>(text: string, run: () => Promise<T>): Promise<T> {
  const context = currentContext();
  // A statement by itself is a look for work that nobody asked for.
  if (!isRecorded(context) || context.begins || text.startsWith("begin")) return run();
  const { name, attributes } = summaryOf(text);
  return inSpan(name, { kind: "client", attributes }, run);
}

type Summary = { readonly name: string; readonly attributes: Attributes };

/** Statements are written in the code, so there are only so many. */
const summaries = new Map<string, Summary>();
const MOST = 2_000;

const FIRST_WORD = /^\s*([a-z]+)/i;
const WRITES = /\b(insert)\s+into\b|\b(update)\s+\w+\s+(?:\w+\s+)?set\b|\b(delete)\s+from\b/i;
/** What follows `from` may be a function's name. */
const TABLE = /\b(?:into|update|table)\s+"?([a-z_]\w*)|\b(?:from|join)\s+"?([a-z_]\w*)\b(?!\s*\()/i;

function summaryOf(text: string): Summary {
  const known = summaries.get(text);
  if (known) return known;
  const operation = operationOf(text);
  const table = TABLE.exec(text)?.slice(1).find(Boolean)?.toLowerCase();
  const name = table ? `${operation} ${table}` : operation;
  const summary = {
    name,
    attributes: {
      "db.system.name": "postgresql",
      "db.operation.name": operation,
      "db.query.summary": name,
      ...(table && { "db.collection.name": table }),
    },
  };
  if (summaries.size < MOST) summaries.set(text, summary);
  return summary;
}

function operationOf(text: string): string {
  const first = FIRST_WORD.exec(text)?.[1]?.toLowerCase() ?? "statement";
  if (first !== "with") return first;
  return WRITES.exec(text)?.slice(1).find(Boolean)?.toLowerCase() ?? "select";
}
