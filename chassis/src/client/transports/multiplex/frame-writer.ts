import type { Socket } from "node:net";
import { atEndOfTurn } from "../http/end-of-turn.ts";

/** Writes frames to a connection. */
export type FrameWriter = {
  send(frame: string): void;
  /** Whether all that was sent is written. */
  isEmpty(): boolean;
};

/**
 * Bytes after which what there is is written, before the turn of the event loop is over: if each side wrote only once a turn, the two would
 * take turns, and each be idle while the other works.
 */
const WRITTEN_AT_ONCE = 8 * 1024;

/** Makes a writer that writes the frames of a turn together. `onWritten` hears whether the connection takes more for now. */
export function frameWriter(socket: Socket, onWritten: (flows: boolean) => void): FrameWriter {
  let waiting = "";

  function write(): void {
    if (waiting === "") return;
    const flows = socket.write(waiting, "latin1");
    waiting = "";
    onWritten(flows);
  }

  return {
    send(frame) {
      if (waiting === "") atEndOfTurn(write);
      waiting += frame;
      if (waiting.length >= WRITTEN_AT_ONCE) write();
    },
    isEmpty: () => waiting === "",
  };
}
