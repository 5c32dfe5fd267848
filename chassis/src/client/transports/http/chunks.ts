import { oddAnswer } from "./upstream-error.ts";

const CR = 13;
const LF = 10;
const SIZE = /^[0-9a-fA-F]{1,8}$/;
const LONGEST_SIZE = 8;

/** What of a body in chunks is read next. */
type Expected = "size" | "data" | "end of data" | "end of body";

/** Takes a body in chunks apart, however it is cut up on its way. */
export type ChunkReader = {
  /** Reads on; resolves to how many of the bytes belonged to the body when it ended within them, else to undefined. */
  read(bytes: Buffer): number | undefined;
};

/**
 * Reads chunks (RFC 9112 section 7.1) and hands their data to `onData`. Throws for extensions, for trailers and for sizes of more
 * than 8 digits: services don't send them, and readers differ in them.
 */
export function chunkReader(onData: (data: Buffer) => void): ChunkReader {
  let expected: Expected = "size";
  let line = "";
  let left = 0;

  function endOfLine(bytes: Buffer, at: number): number {
    let next = at;
    for (; next < bytes.length; next++) {
      const byte = bytes[next] as number;
      if (line.endsWith("\r")) {
        if (byte !== LF) throw oddAnswer("a line of chunks that ends oddly");
        return next + 1;
      }
      if (line.length > LONGEST_SIZE || (byte !== CR && byte <= 32)) throw oddAnswer("the size of a chunk");
      line += String.fromCharCode(byte);
    }
    return -1;
  }

  function atLineEnd(): void {
    const text = line.slice(0, -1);
    line = "";
    if (expected === "size") {
      if (!SIZE.test(text)) throw oddAnswer("the size of a chunk");
      left = Number.parseInt(text, 16);
      expected = left === 0 ? "end of body" : "data";
    } else {
      if (text !== "") throw oddAnswer("more than a line break behind a chunk");
      expected = "size";
    }
  }

  return {
    read(bytes) {
      let at = 0;
      while (at < bytes.length) {
        if (expected === "data") {
          const data = bytes.subarray(at, at + left);
          at += data.length;
          left -= data.length;
          if (left === 0) expected = "end of data";
          onData(data);
          continue;
        }
        const next = endOfLine(bytes, at);
        if (next === -1) return undefined;
        at = next;
        const ends = expected === "end of body";
        atLineEnd();
        if (ends) return at;
      }
      return undefined;
    },
  };
}
