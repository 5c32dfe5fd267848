import type { Socket } from "node:net";

/** Makes a socket ready for frames: small ones go at once, and it lasts as long as the other side is there. */
export function tuneSocket(socket: Socket): void {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
}
