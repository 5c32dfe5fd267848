import { type ChunkReader, chunkReader } from "./chunks.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";
import { oddAnswer } from "./upstream-error.ts";

/** Who gets an answer, as it comes. */
export type AnswerSink = {
  /** The head, and the body as latin1 text when both came in one piece: then nothing but `onEnd` follows. */
  onHead(head: ResponseHead, body: string | undefined): void;
  /** A part of the body, good only during this call. False: no more for now. */
  onData(data: Buffer): boolean;
  onEnd(): void;
};

/** Reads one answer after the other from one connection. */
export type AnswerReader = {
  /** Expects the answer to a request. */
  expect(method: string, sink: AnswerSink): void;
  /** Takes what came. `more`: the answer goes on; `paused`: and shall wait; `done`: it is whole, and the next may be expected. */
  read(bytes: Buffer): "more" | "paused" | "done";
  /** The head of the answer that is being read or was read last. */
  head(): ResponseHead | undefined;
};

const LARGEST_HEAD = 32 * 1024;
const WHOLE_AT_MOST = 16 * 1024;

/** Throws (an UpstreamError) on the first byte that does not belong to exactly one answer; then the connection has to end. */
export function answerReader(): AnswerReader {
  let method = "GET";
  let sink: AnswerSink | undefined;
  let head: ResponseHead | undefined;
  let pending: Buffer | undefined;
  let interim = 0;
  let left = 0;
  let chunks: ChunkReader | undefined;
  let flowing = true;

  const onData = (data: Buffer): void => {
    flowing = (sink as AnswerSink).onData(data) && flowing;
  };

  function readHead(bytes: Buffer): "more" | "paused" | "done" {
    const all = pending ? Buffer.concat([pending, bytes]) : bytes;
    const text = all.toString("latin1", 0, Math.min(all.length, LARGEST_HEAD + 4));
    const end = text.indexOf("\r\n\r\n");
    if (end === -1 || interim + end > LARGEST_HEAD) {
      if (interim + all.length > LARGEST_HEAD) throw oddAnswer("a head that is too large");
      pending = Buffer.from(all);
      return "more";
    }
    pending = undefined;
    const found = parseResponseHead(text.slice(0, end), method);
    const behind = end + 4;
    if (found.status < 200) {
      interim += behind;
      return behind < all.length ? readHead(all.subarray(behind)) : "more";
    }
    head = found;
    return begin(found, all, behind, text);
  }

  function begin(found: ResponseHead, all: Buffer, behind: number, text: string): "more" | "paused" | "done" {
    const { body } = found;
    if (body !== "chunked" && body <= WHOLE_AT_MOST && behind + body === all.length && text.length === all.length) {
      const whole = sink as AnswerSink;
      sink = undefined;
      whole.onHead(found, body === 0 ? "" : text.slice(behind));
      whole.onEnd();
      return "done";
    }
    if (body === "chunked") chunks = chunkReader(onData);
    else left = body;
    (sink as AnswerSink).onHead(found, undefined);
    return behind < all.length ? readBody(all.subarray(behind)) : finish(body === 0);
  }

  function readBody(bytes: Buffer): "more" | "paused" | "done" {
    flowing = true;
    if (chunks) {
      const taken = chunks.read(bytes);
      if (taken === undefined) return flowing ? "more" : "paused";
      if (taken < bytes.length) throw oddAnswer("bytes behind the answer");
      return finish(true);
    }
    if (bytes.length > left) throw oddAnswer("bytes behind the answer");
    left -= bytes.length;
    onData(bytes);
    return left === 0 ? finish(true) : flowing ? "more" : "paused";
  }

  function finish(whole: boolean): "more" | "done" {
    if (!whole) return "more";
    chunks = undefined;
    const ended = sink as AnswerSink;
    sink = undefined;
    ended.onEnd();
    return "done";
  }

  return {
    expect(asked, next) {
      method = asked;
      sink = next;
      head = undefined;
      pending = undefined;
      chunks = undefined;
      interim = 0;
    },
    read: (bytes) => (head ? readBody(bytes) : readHead(bytes)),
    head: () => head,
  };
}
