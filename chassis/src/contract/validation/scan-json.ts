import type { FieldError } from "../../core/failure/failure.ts";
import { jsonPlaces } from "./json-places.ts";
import { faultOfText } from "./text-fault.ts";

/** The first fault of a JSON text, and whether some text in it may have another composed form. */
export type Scan = { readonly fault: FieldError | undefined; readonly mayChange: boolean };

/** Text up to here has one composed form only, and nothing is wrong with it. */
const LAST_PLAIN = 0x2ff;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const BIT_OF_SMALL_LETTERS = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Looks through a text that is known to be JSON, once and from left to right, and makes next to nothing on its way. Faults are those of
 * {@link jsonPlaces}, of {@link faultOfText}, and numbers with an exponent (`1e2`).
 */
export function scanJson(text: string): Scan {
  const places = jsonPlaces();
  let isName = false;
  let mayChange = false;
  let fault: string | undefined;
  for (let at = 0; at < text.length && fault === undefined; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const { end, isEscaped, isOdd } = endOfText(text, at + 1);
      mayChange ||= isOdd;
      if (isName || isOdd) {
        const raw = text.slice(at + 1, end);
        const value = isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
        fault = (isName ? places.name(value) : undefined) ?? (isOdd ? faultOfText(value) : undefined);
      }
      at = end;
    } else if (code === COMMA) isName = places.next();
    else if (code === COLON) isName = false;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      isName = code === OPEN_OBJECT;
      fault = places.enter(isName);
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) places.leave();
    else if ((code | BIT_OF_SMALL_LETTERS) === LETTER_E && isDigit(text.charCodeAt(at - 1))) {
      fault = "must be written without an exponent";
    }
  }
  return { fault: fault === undefined ? undefined : { path: places.path(), message: fault }, mayChange };
}

/** Where a text ends that begins here, whether it has escapes, and whether it could have a fault or another composed form. */
function endOfText(text: string, from: number) {
  let isEscaped = false;
  let isOdd = false;
  let at = from;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
    if (code > LAST_PLAIN) isOdd = true;
    if (code === BACKSLASH) {
      isEscaped = true;
      isOdd ||= text.charCodeAt(at + 1) === LETTER_U;
      at += 1;
    }
    at += 1;
  }
  return { end: at, isEscaped, isOdd };
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
