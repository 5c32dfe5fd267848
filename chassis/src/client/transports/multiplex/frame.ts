import { UNSAFE_VALUE } from "../http/request-head.ts";

/**
 * What goes over a multiplexed connection: one frame after the other, each thirteen bytes (what it is, which request it belongs to, the bytes
 * of its head and of its body), then a head in latin1, then a body. The head of a request are its method, its path and its headers, that of an
 * answer its status and its headers, a line each.
 */
export const FRAME_HEADER = 13;

/** `request` and `cancel` come from the caller, `answer` from the service; with `last` either says that no further request follows. */
export const FrameKind = { request: 1, answer: 2, cancel: 3, last: 4 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Bytes. */
export const LARGEST_HEAD = 32 * 1024;

const LINE = "\n";

/** Lines as the head of a frame. Throws a TypeError for what can't be sent as one line, and for more than there may be. */
export function headOf(lines: readonly string[]): string {
  for (const line of lines) {
    if (UNSAFE_VALUE.test(line)) throw new TypeError("a line of the head holds a character that can't be sent");
  }
  const head = lines.join(LINE);
  if (head.length > LARGEST_HEAD) throw new TypeError("the head is too large");
  return head;
}

/** The lines of a head. */
export const linesOf = (head: string): string[] => head.split(LINE);

/** A frame as it is sent, in latin1. A body that is a text is sent as UTF-8. */
export function frameText(kind: FrameKind, id: number, head = "", body: string | Buffer = ""): string {
  const bytes = bytesOf(body);
  return String.fromCharCode(kind) + number(id) + number(head.length) + number(bytes.length) + head + bytes;
}

/** The bytes of a body, as latin1. */
function bytesOf(body: string | Buffer): string {
  if (typeof body !== "string") return body.toString("latin1");
  // A text of ASCII alone is the same in both encodings.
  return Buffer.byteLength(body) === body.length ? body : Buffer.from(body).toString("latin1");
}

const number = (value: number): string =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
