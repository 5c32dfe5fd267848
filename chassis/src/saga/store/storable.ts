import { faultOfText } from "../../contract/validation/text-fault.ts";
import type { FieldError } from "../../core/failure/failure.ts";

/** Levels of objects and lists. What shows a saga nests its state a few levels deeper, and 32 are what JSON from outside may have. */
const DEEPEST = 24;
/** Characters of JSON, roughly. */
const LARGEST = 1_048_576;

/** Why a value can't be stored as it is: `path` (a JSON pointer) says where, `message` what is wrong. */
export class NotStorable extends TypeError {
  readonly fault: FieldError;
  constructor(path: string, message: string) {
    super(`${path || "it"} ${message}`);
    this.fault = { path, message };
  }
}

/** What a step returned, as it will be after it has been stored and read again. Throws when it can't be stored as it is. */
export function storable(result: unknown): object | undefined {
  if (result === undefined || result === null) return undefined;
  if (typeof result !== "object" || Array.isArray(result)) {
    throw new TypeError("a step must return an object of JSON, or nothing");
  }
  try {
    return copyOf(result) as object;
  } catch (error) {
    if (!(error instanceof NotStorable)) throw error;
    throw new TypeError(`a step must return an object of JSON, or nothing: ${error.message}`);
  }
}

/**
 * A copy of JSON: of texts without NUL and half surrogate pairs, finite numbers, booleans, null, lists and plain objects, at most 24 levels
 * and 1 MiB of it. Fields that are undefined are left out. Throws {@link NotStorable} for all that JSON would change or lose.
 */
export function copyOf(value: unknown): unknown {
  let room = LARGEST;

  function spend(characters: number): void {
    room -= characters;
    if (room < 0) throw new NotStorable("", "is larger than 1 MiB");
  }

  function copy(value: unknown, path: string, depth: number): unknown {
    spend(typeof value === "string" ? value.length + 2 : 4);
    const fault = depth > DEEPEST ? `is nested deeper than ${DEEPEST}` : faultOf(value);
    if (fault) throw new NotStorable(path, fault);
    if (Array.isArray(value)) return value.map((item, index) => copy(item, `${path}/${index}`, depth + 1));
    if (typeof value === "object" && value !== null) return copyOfFields(value, path, depth);
    // JSON has no negative zero.
    return value === 0 ? 0 : value;
  }

  function copyOfFields(value: object, path: string, depth: number): object {
    const fields: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue;
      const at = `${path}/${name.slice(0, 64).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const fault = name === "__proto__" ? "is not a name that may be used" : faultOfText(name);
      if (fault) throw new NotStorable(at.replaceAll("\0", ""), fault);
      spend(name.length + 4);
      fields[name] = copy(field, at, depth + 1);
    }
    return fields;
  }

  return copy(value, "", 1);
}

/** What JSON would make something else of. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === "string") return faultOfText(value);
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `is ${value}, for which JSON has no form`;
  if (typeof value === "boolean" || value === null) return undefined;
  if (typeof value === "bigint") return "is a BigInt, for which JSON has no form";
  if (typeof value !== "object") return `is ${value === undefined ? "undefined" : `a ${typeof value}`}`;
  if (Object.getOwnPropertySymbols(value).length > 0) return "has a symbol as a name";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    const isWhole = prototype === Array.prototype && Object.keys(value).length === value.length;
    return isWhole ? undefined : "has gaps, or fields besides its items";
  }
  if (prototype === Object.prototype || prototype === null) return undefined;
  return `is of class ${String(value.constructor?.name ?? "unknown")}: only plain objects can be stored`;
}
