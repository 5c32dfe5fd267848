import { type FieldError, invalidInput, malformedJson } from "../core/failure.ts";

const DEEPEST = 32;

/** What may be a number with an exponent, where a value may begin: it could also stand in a text. */
const EXPONENT = /(?:^|[\s:,[])-?\d+(?:\.\d+)?[eE]/;
const numberWithExponent = Symbol("a number with an exponent");

/**
 * Parses JSON that comes from outside. Throws `malformed_json` when it is not JSON in UTF-8, and `invalid_input` (with the path)
 * when it is nested deeper than 32, holds a NUL or a lone surrogate, a key that could change a prototype, or a number written
 * with an exponent (`1e2`).
 */
export function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === "string" ? json : decode(json);
  const value = parse(text);
  if (isPlain(text)) return value;
  // In this order: a reviver recurses, so it may only see what is not too deep.
  const fault = findFault(value) ?? (EXPONENT.test(text) ? findFault(JSON.parse(text, markExponent)) : undefined);
  if (fault) throw invalidInput.failure({ errors: [fault] });
  return value;
}

/** What a fault can't be without: an escape by number, a name that reaches a prototype. */
const SUSPICIOUS = /\\u|__proto__|constructor/;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** Whether nothing can be wrong with what this JSON says, told by its text alone: so it is with nearly all there is. */
function isPlain(text: string): boolean {
  if (SUSPICIOUS.test(text) || EXPONENT.test(text) || !text.isWellFormed()) return false;
  let opened = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPENING_BRACE || code === OPENING_BRACKET) opened += 1;
  }
  return opened <= DEEPEST;
}

function markExponent(_key: string, value: unknown, { source = "" }: { source?: string } = {}): unknown {
  return typeof value === "number" && EXPONENT.test(source) ? numberWithExponent : value;
}

/** Exactly: bytes that are no UTF-8 would become question marks in somebody's name. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw malformedJson.failure({ cause, errors: [{ path: "", message: "must be UTF-8" }] });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformedJson.failure({ cause, errors: [{ path: "", message: "must be JSON" }] });
  }
}

/** Walks without recursion: the nesting is the sender's choice, the stack is ours. */
function findFault(root: unknown): FieldError | undefined {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: root, path: "", depth: 0 }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { value, path, depth } = item;
    if (value === numberWithExponent) return { path, message: "must be written without an exponent" };
    if (typeof value === "string") {
      const message = faultOfText(value);
      if (message) return { path, message };
    } else if (typeof value === "object" && value !== null) {
      if (depth >= DEEPEST) return { path, message: `must not be nested deeper than ${DEEPEST}` };
      for (const [key, child] of Object.entries(value)) {
        const childPath = `${path}/${escapePointer(key)}`;
        const message = faultOfKey(key, child);
        if (message) return { path: childPath, message };
        if (typeof child === "string" || typeof child === "object" || typeof child === "symbol") {
          open.push({ value: child, path: childPath, depth: depth + 1 });
        }
      }
    }
  }
  return undefined;
}

/** What is wrong with a text wherever it comes from: body, path, query. */
export function faultOfText(text: string): string | undefined {
  if (text.includes("\0")) return "must not hold a NUL character";
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  return undefined;
}

function faultOfKey(key: string, child: unknown): string | undefined {
  if (key === "__proto__") return "is not a name that may be used";
  if (key === "constructor" && typeof child === "object" && child !== null && Object.hasOwn(child, "prototype")) {
    return "is not a name that may be used";
  }
  return faultOfText(key);
}

/** A key as one step of a JSON pointer (RFC 6901), cut at 64 characters. */
function escapePointer(key: string): string {
  return key.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1");
}
