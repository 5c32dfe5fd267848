import type { Socket } from "node:net";
import { oddAnswer } from "../http/upstream-error.ts";
import { FRAME_HEADER, FrameKind, LARGEST_HEAD } from "./frame.ts";

/** Who gets the frames of a connection. */
export type FrameSink = {
  /** The body is good only during this call. */
  onFrame(kind: FrameKind, id: number, head: string, body: Buffer): void;
  /** A frame whose body is larger than any may be; what there is of it is passed over. */
  onTooLarge(kind: FrameKind, id: number): void;
};

const KINDS: ReadonlySet<number> = new Set(Object.values(FrameKind));

/**
 * Makes what takes the bytes of one connection, in whatever pieces they come. It throws (an UpstreamError) for bytes that are no frame: then
 * the connection has to end. It never keeps more than one frame.
 */
export function frameReader(largestBody: number, sink: FrameSink): (bytes: Buffer) => void {
  let pieces: Buffer[] = [];
  let kept = 0;
  /** How many bytes there have to be before it is worth another look. */
  let wanted = FRAME_HEADER;
  let toPassOver = 0;

  /** Takes one frame, or what is to be passed over; returns its bytes, 0 when it is not whole yet. */
  function takeOne(bytes: Buffer, at: number): number {
    const there = bytes.length - at;
    if (toPassOver > 0) {
      const passed = Math.min(toPassOver, there);
      toPassOver -= passed;
      return passed;
    }
    wanted = FRAME_HEADER;
    if (there < wanted) return 0;
    const kind = bytes[at] as FrameKind;
    const id = bytes.readUInt32BE(at + 1);
    const head = bytes.readUInt32BE(at + 5);
    const body = bytes.readUInt32BE(at + 9);
    if (!KINDS.has(kind) || head > LARGEST_HEAD) throw oddAnswer("bytes that are no frame");
    if (body > largestBody) {
      sink.onTooLarge(kind, id);
      toPassOver = head + body;
      return FRAME_HEADER;
    }
    wanted += head + body;
    if (there < wanted) return 0;
    const begin = at + FRAME_HEADER;
    const end = begin + head;
    sink.onFrame(kind, id, bytes.toString("latin1", begin, end), bytes.subarray(end, end + body));
    return FRAME_HEADER + head + body;
  }

  function readAll(bytes: Buffer): void {
    let at = 0;
    for (let taken = takeOne(bytes, 0); taken > 0; taken = takeOne(bytes, at)) at += taken;
    kept = bytes.length - at;
    // What arrives is in a buffer that the next read may overwrite.
    pieces = kept > 0 ? [Buffer.from(bytes.subarray(at))] : [];
  }

  return (bytes) => {
    if (kept === 0) readAll(bytes);
    else if (kept + bytes.length >= wanted) readAll(Buffer.concat([...pieces, bytes]));
    else {
      pieces.push(Buffer.from(bytes));
      kept += bytes.length;
    }
  };
}

/** Reads the frames that come over a connection; `onBroken` hears when what comes is none. */
export function readFrames(socket: Socket, read: (bytes: Buffer) => void, onBroken: (error: Error) => void): void {
  socket.on("data", (bytes: Buffer) => {
    // What was read before the connection was ended for what came earlier.
    if (socket.destroyed) return;
    try {
      read(bytes);
    } catch (error) {
      onBroken(error as Error);
    }
  });
}
