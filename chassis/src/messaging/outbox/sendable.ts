import { type FieldError, invalidInput } from "../../core/failure/failure.ts";

/** Where the parts of a body are, and how deep. */
type Place = { readonly path: string; readonly depth: number };

/** The parts of a body are read no deeper than this; what a message may be is decided later, by the whole of it. */
const DEEPEST = 100;

/**
 * The body as it will be sent: what its JSON says. Throws `invalid_input`, with the place, for what JSON would change without a word (NaN, Date,
 * Map, undefined in a list), can't say (BigInt, a circle), and what no database keeps (NUL, half of a character). A field that is undefined is
 * left out.
 */
export function sendable(body: unknown): unknown {
  const places = new WeakMap<object, Place>();
  function check(this: unknown, name: string, value: unknown): unknown {
    const holder = places.get(this as object);
    const place = holder ? { path: `${holder.path}/${name}`, depth: holder.depth + 1 } : { path: "", depth: 0 };
    const fault = faultOf(name, value, (this as Record<string, unknown>)[name], Array.isArray(this));
    if (fault) throw refused(place.path, fault);
    if (place.depth > DEEPEST) throw refused(place.path, `is nested deeper than ${DEEPEST}`);
    if (typeof value === "object" && value !== null) places.set(value, place);
    return value;
  }
  try {
    const text = JSON.stringify(body, check);
    if (text === undefined) throw refused("", "must be an object");
    return JSON.parse(text);
  } catch (error) {
    throw invalidInput.is(error)
      ? error
      : refused("", `can't be written as JSON: ${String((error as Error)?.message)}`);
  }
}

/** What is wrong with a value; `original` is what it was before its toJSON. */
function faultOf(name: string, value: unknown, original: unknown, inList: boolean): string | undefined {
  if (!isText(name)) return "has a name with NUL or half of a character";
  if (!isPlain(original)) return `must be JSON, not ${tagOf(original).slice(8, -1)}`;
  switch (typeof value) {
    case "string":
      return isText(value) ? undefined : "must not contain NUL or half of a character";
    case "number":
      return Number.isFinite(value) ? undefined : "must be a finite number";
    case "undefined":
      return inList ? "must not be undefined" : undefined;
    case "object":
    case "boolean":
      return undefined;
    default:
      return `must be JSON, not a ${typeof value}`;
  }
}

/** Whether it is a list, an object with fields of its own, or no object at all. */
const isPlain = (value: unknown): boolean =>
  typeof value !== "object" || value === null || Array.isArray(value) || tagOf(value) === "[object Object]";

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

const isText = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

const refused = (path: string, message: string) =>
  invalidInput.failure({ errors: [{ path, message }] as FieldError[] });
