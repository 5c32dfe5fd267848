import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Subject } from "./subjects.ts";

/** Clients that only cost: connections that ask nothing, and requests that arrive a byte at a time. */
export type Burden = { lift(): Promise<void> };

/** Milliseconds in which each slow client sends a byte. Each has its own moment, as clients that know nothing of each other have. */
const PACE = 1_000;

/**
 * Opens connections to a subject and keeps them, some idle, some in the middle of a request that grows by a byte a second. Who is cut off
 * for being slow comes back. Resolves when all are connected.
 */
export async function burden({ url }: Subject, counts: { idle: number; slow: number }): Promise<Burden> {
  const { hostname, port, pathname } = new URL(url);
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(port), hostname).on("error", () => {});
    await once(socket, "connect");
    return socket.resume();
  };
  const openSlow = async (): Promise<Socket> => {
    const socket = await open();
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: a\r\nX-Slow: `);
    return socket;
  };
  const idle = await inTurn(counts.idle, open);
  const slow = await inTurn(counts.slow, openSlow);
  let turn = 0;
  const drip = setInterval(async () => {
    const at = turn++ % slow.length;
    const socket = slow[at];
    if (socket?.writable) socket.write("x");
    else if (socket) slow[at] = await openSlow();
  }, PACE / counts.slow);
  return {
    async lift() {
      clearInterval(drip);
      const sockets = [...idle, ...slow];
      const closed = sockets.map((socket) => socket.closed || once(socket, "close"));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function inTurn<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(await make());
  return made;
}
