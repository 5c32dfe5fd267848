import { chunkReader } from "./chunks.ts";
import { parseResponseHead, type ResponseHead, recallResponseHead } from "./response-head.ts";
import { oddAnswer } from "./upstream-error.ts";

/** What there is to know of the head of an answer, whatever way it came. */
export type AnswerHead = Pick<ResponseHead, "status" | "headers" | "body" | "offersMultiplex">;

/** Who gets an answer, as it comes. */
export type AnswerSink = {
  /** The head, and the body as latin1 text when both came in one piece: then nothing but `onEnd` follows. */
  onHead(head: AnswerHead, body: string | undefined): void;
  /** A part of the body, good only during this call. False: no more for now. */
  onData(data: Buffer): boolean;
  onEnd(): void;
};

/** How far an answer is: it goes on; it goes on and shall wait; it is whole, and the next may be expected. */
export type Progress = "more" | "paused" | "done";

/** Reads one answer after the other from one connection. */
export type AnswerReader = {
  /** Expects the answer to a request. */
  expect(method: string, sink: AnswerSink): void;
  /** Takes what came. */
  read(bytes: Buffer): Progress;
  /** The head of the answer that is being read or was read last. */
  head(): ResponseHead | undefined;
};

const LARGEST_HEAD = 32 * 1024;
const WHOLE_AT_MOST = 16 * 1024;
/** Of answers up to this size the head is remembered: it is a part of their text, and holds on to all of it. */
const SMALL = 4 * 1024;

/** Throws (an UpstreamError) on the first byte that does not belong to exactly one answer; then the connection has to end. */
export function answerReader(): AnswerReader {
  let sink: AnswerSink | undefined;
  let heads = headReader("GET");
  let head: ResponseHead | undefined;
  let body: BodyReader | undefined;

  function begin({ found, bytes, text, behind }: FoundHead): Progress {
    head = found;
    const asker = sink as AnswerSink;
    const length = found.body;
    if (length !== "chunked" && length <= WHOLE_AT_MOST && behind + length === bytes.length) {
      asker.onHead(found, length === 0 ? "" : text.slice(behind));
      return end();
    }
    body = length === "chunked" ? chunkedBody(asker) : countedBody(asker, length);
    asker.onHead(found, undefined);
    return behind < bytes.length ? readBody(body, bytes.subarray(behind)) : "more";
  }

  function readBody(reader: BodyReader, bytes: Buffer): Progress {
    const progress = reader(bytes);
    return progress === "done" ? end() : progress;
  }

  function end(): Progress {
    body = undefined;
    const ended = sink as AnswerSink;
    sink = undefined;
    ended.onEnd();
    return "done";
  }

  return {
    expect(method, next) {
      sink = next;
      head = undefined;
      body = undefined;
      heads = headReader(method);
    },
    read(bytes) {
      if (body) return readBody(body, bytes);
      const found = heads(bytes);
      return found ? begin(found) : "more";
    },
    head: () => head,
  };
}

/** A head, the bytes it was found in, all of them as latin1 (if they are few), and where the head ends. */
type FoundHead = {
  readonly found: ResponseHead;
  readonly bytes: Buffer;
  readonly text: string;
  readonly behind: number;
};

/** Reads up to the end of the head; what a service says in the meantime (1xx) is passed over. */
function headReader(method: string): (bytes: Buffer) => FoundHead | undefined {
  let pending: Buffer | undefined;
  let passed = 0;
  return (received) => {
    let bytes = pending ? Buffer.concat([pending, received]) : received;
    while (bytes.length > 0) {
      const text = bytes.toString("latin1", 0, Math.min(bytes.length, LARGEST_HEAD + WHOLE_AT_MOST));
      const end = text.indexOf("\r\n\r\n");
      if (passed + (end === -1 ? text.length : end) > LARGEST_HEAD) throw oddAnswer("a head that is too large");
      if (end === -1) break;
      const parse = text.length <= SMALL ? recallResponseHead : parseResponseHead;
      const found = parse(text.slice(0, end), method);
      const behind = end + 4;
      if (found.status >= 200) return { found, bytes, text, behind };
      passed += behind;
      bytes = bytes.subarray(behind);
    }
    // What was received is in a buffer that the next read overwrites.
    pending = Buffer.from(bytes);
    return undefined;
  };
}

/** Takes bytes of a body. */
type BodyReader = (bytes: Buffer) => Progress;

function countedBody(sink: AnswerSink, length: number): BodyReader {
  let left = length;
  return (bytes) => {
    if (bytes.length > left) throw oddAnswer("bytes behind the answer");
    left -= bytes.length;
    const flows = sink.onData(bytes);
    return left === 0 ? "done" : flows ? "more" : "paused";
  };
}

function chunkedBody(sink: AnswerSink): BodyReader {
  let flows = true;
  const chunks = chunkReader((data) => {
    flows = sink.onData(data) && flows;
  });
  return (bytes) => {
    flows = true;
    const taken = chunks.read(bytes);
    if (taken === undefined) return flows ? "more" : "paused";
    if (taken < bytes.length) throw oddAnswer("bytes behind the answer");
    return "done";
  };
}
