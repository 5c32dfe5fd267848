import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UpstreamError } from "../http/upstream-error.ts";
import { FRAME_HEADER, FrameKind, frameText, headOf, linesOf } from "./frame.ts";
import { frameReader } from "./frame-reader.ts";

type Read = { kind: number; id: number; head: string; body: string | "too large" };

/** A reader, and what it has read so far. */
function reading(largestBody = 1_000) {
  const frames: Read[] = [];
  const read = frameReader(largestBody, {
    onFrame: (kind, id, head, body) => void frames.push({ kind, id, head, body: body.toString() }),
    onTooLarge: (kind, id) => void frames.push({ kind, id, head: "", body: "too large" }),
  });
  return { frames, read };
}

const bytesOf = (frames: readonly Read[]): Buffer =>
  Buffer.concat(
    frames.map(({ kind, id, head, body }) => Buffer.from(frameText(kind as FrameKind, id, head, body), "latin1")),
  );

const frame = fc
  .tuple(
    fc.constantFrom(...Object.values(FrameKind)),
    fc.nat(2 ** 32 - 1),
    fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), { maxLength: 5 }).map(headOf),
    fc.string({ unit: "grapheme", maxLength: 200 }),
  )
  .map(([kind, id, head, body]): Read => ({ kind, id, head, body }));

test("frames come out as they went in, in whatever pieces their bytes come", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(300), { minLength: 1 }), (sent, sizes) => {
      const { frames, read } = reading();
      const bytes = bytesOf(sent);
      for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
        const end = at + 1 + (sizes[piece % sizes.length] as number);
        const part = Buffer.from(bytes.subarray(at, end));
        read(part);
        // As the buffer of a socket, which the next read overwrites.
        part.fill(0xff);
        at = end;
      }
      assert.deepEqual(frames, sent);
    }),
  );
});

test("a body that is too large is passed over, and what comes behind is read", () => {
  const large = { kind: FrameKind.answer, id: 1, head: "200", body: "x".repeat(100_000) };
  const small = { kind: FrameKind.answer, id: 2, head: "200", body: "y" };
  const { frames, read } = reading();
  const bytes = bytesOf([large, small]);
  for (let at = 0; at < bytes.length; at += 1_000) read(bytes.subarray(at, at + 1_000));
  assert.deepEqual(frames, [{ ...large, head: "", body: "too large" }, small]);
});

const header = (kind: number, head: number): Buffer => {
  const bytes = Buffer.alloc(FRAME_HEADER);
  bytes[0] = kind;
  bytes.writeUInt32BE(head, 5);
  return bytes;
};

for (const [what, bytes] of Object.entries({
  "an answer of HTTP/1.1": Buffer.from("HTTP/1.1 200 OK\r\n\r\n"),
  "a kind of frame that there is not": header(9, 0),
  "a head of 4 GB": header(FrameKind.answer, 2 ** 32 - 1),
  "random bytes": Buffer.from("\x05\x00\xff\x13\x37".repeat(10), "latin1"),
})) {
  test(`${what} is no frame`, () => {
    const { frames, read } = reading();
    assert.throws(() => read(bytes), UpstreamError);
    assert.deepEqual(frames, []);
  });
}

test("a head can hold no line that would be two, and nothing beyond latin1", () => {
  assert.deepEqual(linesOf(headOf(["GET", "/a b", "x-note", "ü"])), ["GET", "/a b", "x-note", "ü"]);
  for (const line of ["a\nb", "a\r", "日本", "\0"]) assert.throws(() => headOf(["GET", line]), TypeError);
});
