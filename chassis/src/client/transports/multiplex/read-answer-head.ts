import { SERVICE_HEADER } from "../../../http/service-header.ts";
import type { AnswerHead } from "../http/answer-reader.ts";
import { UNSAFE_VALUE } from "../http/request-head.ts";
import { hasNoBody } from "../http/response-head.ts";
import { oddAnswer } from "../http/upstream-error.ts";
import { linesOf } from "./frame.ts";

const STATUS = /^[2-5]\d\d$/;
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** What the frame says itself. */
const FRAMING = new Set(["content-length", "transfer-encoding"]);

type Known = { readonly status: number; readonly headers: readonly string[] };

const known = new Map<string, Known>();
const MOST_KNOWN = 256;
/** Of a text up to this length it is remembered what it means: services answer with the same few heads again and again. */
const SMALL = 1024;

/**
 * Reads the head of an answer of `length` bytes that came in a frame, as if it had come over HTTP from `service`. Throws (an UpstreamError)
 * for what no HTTP head could hold.
 */
export function readAnswerHead(head: string, length: number, service: string): AnswerHead {
  const { status, headers } = recall(head);
  const bodyless = hasNoBody(status);
  if (bodyless && length > 0) throw oddAnswer(`a body with ${status}`);
  return {
    status,
    // Who is at the other end was told once, for all answers.
    headers: bodyless
      ? [...headers, SERVICE_HEADER, service]
      : [...headers, "content-length", String(length), SERVICE_HEADER, service],
    body: length,
    offersMultiplex: false,
  };
}

function recall(head: string): Known {
  const before = known.get(head);
  if (before) return before;
  const read = parse(head);
  if (head.length > SMALL) return read;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(head, read);
  return read;
}

function parse(head: string): Known {
  const [status = "", ...lines] = linesOf(head);
  if (!STATUS.test(status) || lines.length % 2 === 1) throw oddAnswer("a head that is none");
  const headers: string[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at] as string;
    const value = lines[at + 1] as string;
    if (!NAME.test(name) || UNSAFE_VALUE.test(value)) throw oddAnswer("a header that is none");
    if (!FRAMING.has(name)) headers.push(name, value);
  }
  return { status: Number(status), headers };
}
