import type { IncomingMessage } from "node:http";

const MOST_BYTES = 32 * 1024 * 1024;
const MOST_CHUNKS = 4_096;
const LONGEST = 5_000;

/**
 * Takes in what the client is still sending, so that it gets to read the answer: closing at once would reset the connection under
 * it. After 32 MiB, 4,096 chunks or 5 s the connection is cut off.
 */
export function discardRequestBody(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  let discarded = 0;
  let count = 0;
  const onData = (chunk: Buffer): void => {
    discarded += chunk.length;
    count += 1;
    if (discarded > MOST_BYTES || count > MOST_CHUNKS) socket.destroy();
  };
  const done = (): void => {
    clearTimeout(timer);
    request.off("data", onData).off("end", done);
    socket.off("close", done);
  };
  const timer = setTimeout(() => socket.destroy(), LONGEST);
  request.on("data", onData).once("end", done);
  socket.once("close", done);
  request.resume();
}
