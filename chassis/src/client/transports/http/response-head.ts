import { OFFER_HEADER, PROTOCOL } from "../multiplex/offer.ts";
import { oddAnswer } from "./upstream-error.ts";

/** Headers as `[name, value, …]`, names in lower case, in the order they came. */
export type RawHeaders = readonly string[];

/** The first value of a header; undefined when it is not there. */
export function headerOf(headers: RawHeaders, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}

/** The value of a header that is there once; undefined when it is not there, or more often. */
export function onlyHeaderOf(headers: RawHeaders, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue;
    if (found !== undefined) return undefined;
    found = headers[at + 1];
  }
  return found;
}

/** The head of a service's answer. */
export type ResponseHead = {
  readonly status: number;
  readonly headers: RawHeaders;
  /** Bytes of the body, or that it comes in chunks. */
  readonly body: number | "chunked";
  /** Whether the connection can be used again after the body. */
  readonly reusable: boolean;
  /** Milliseconds that the service keeps the idle connection, when it says so. */
  readonly keptFor: number | undefined;
  /** Whether the service offers to go on with many requests at a time. */
  readonly offersMultiplex: boolean;
};

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: |$)/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LENGTH = /^\d{1,15}$/;
const MOST_HEADERS = 100;

/** Whether answers with this status have no body, whatever was asked. */
export const hasNoBody = (status: number): boolean => status === 204 || status === 304;

/**
 * Reads the head of an answer to a `method` request: `text` is what stands before the empty line, as latin1. Throws for
 * everything that two readers could take for two things: another version, a folded line, blanks around a name, control
 * characters, a length given twice or together with chunks, another coding than chunks, a body whose end is not told.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const lines = linesOf(text);
  const status = Number(STATUS_LINE.exec(lines[0] as string)?.[1]);
  if (Number.isNaN(status)) throw oddAnswer("no status line of HTTP/1.1");
  if (status === 101) throw oddAnswer("a switch of protocols that nobody asked for");
  if (lines.length > MOST_HEADERS + 1) throw oddAnswer("too many headers");
  const headers: string[] = [];
  const framing: Framing = { length: undefined, chunked: false, close: false, keptFor: undefined, offers: false };
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const colon = line.indexOf(":");
    if (colon === -1) throw oddAnswer("a line of the head without a colon");
    const name = lowerCaseName(line.slice(0, colon));
    const value = line.slice(colon + 1).trim();
    headers.push(name, value);
    noteFraming(framing, name, value);
  }
  const { close, keptFor, offers } = framing;
  return {
    status,
    headers,
    body: bodyOf(status, method, framing),
    reusable: !close,
    keptFor,
    offersMultiplex: offers,
  };
}

const known = new Map<string, ResponseHead>();
const MOST_KNOWN = 256;

/**
 * As {@link parseResponseHead}, which it asks once for heads that are the same: within a second those of a service's answers of one
 * length are. For small heads; `text` is kept.
 */
export function recallResponseHead(text: string, method: string): ResponseHead {
  // To this alone the same head means something else.
  if (method === "HEAD") return parseResponseHead(text, method);
  const before = known.get(text);
  if (before) return before;
  const head = parseResponseHead(text, method);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, head);
  return head;
}

const TAB = 9;
const LF = 10;
const CR = 13;
const DELETE = 127;

/** Takes lines apart. Throws for control characters, half a line break among them: they are read differently by different readers. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  let begin = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 32 && code !== DELETE) || code === TAB) continue;
    if (code !== CR || text.charCodeAt(at + 1) !== LF) throw oddAnswer("a control character in the head");
    lines.push(text.slice(begin, at));
    at += 1;
    begin = at + 1;
  }
  lines.push(text.slice(begin));
  return lines;
}

type Framing = {
  length: number | undefined;
  chunked: boolean;
  close: boolean;
  keptFor: number | undefined;
  offers: boolean;
};

function noteFraming(framing: Framing, name: string, value: string): void {
  switch (name) {
    case "content-length":
      if (framing.length !== undefined || !LENGTH.test(value)) throw oddAnswer("a length that is not one number");
      framing.length = Number(value);
      break;
    case "transfer-encoding":
      if (framing.chunked || value.toLowerCase() !== "chunked") throw oddAnswer("a transfer coding but chunks");
      framing.chunked = true;
      break;
    case "connection":
      if (value !== "keep-alive") framing.close ||= /(?:^|,)\s*close\s*(?:,|$)/i.test(value);
      break;
    case "keep-alive": {
      const seconds = /(?:^|,)\s*timeout=(\d{1,6})/.exec(value)?.[1];
      if (seconds !== undefined) framing.keptFor = Number(seconds) * 1_000;
      break;
    }
    case OFFER_HEADER:
      framing.offers = value === PROTOCOL;
      break;
  }
}

function bodyOf(status: number, method: string, { length, chunked }: Framing): number | "chunked" {
  if (chunked && length !== undefined) throw oddAnswer("a length and chunks");
  if (status < 200 || status === 204) {
    if (chunked || length) throw oddAnswer(`a body with ${status}`);
    return 0;
  }
  if (method === "HEAD" || hasNoBody(status)) return 0;
  if (chunked) return "chunked";
  if (length === undefined) throw oddAnswer("a body whose end is not told");
  return length;
}

const names = new Map<string, string>();
const MOST_NAMES = 1_000;

/** Services send the same few names again and again: each is checked and turned to lower case once. */
function lowerCaseName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name)) throw oddAnswer("a header without a proper name");
  const lowerCase = name.toLowerCase();
  if (names.size < MOST_NAMES) names.set(name, lowerCase);
  return lowerCase;
}
