import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Subject } from "./subjects.ts";

/** Clients that only cost: connections that ask nothing, and requests that arrive a byte at a time. */
export type Burden = { lift(): void };

/** Opens connections to a subject and keeps them, some idle, some in the middle of a request that grows by a byte a second. */
export async function burden({ url }: Subject, counts: { idle: number; slow: number }): Promise<Burden> {
  const { hostname, port, pathname } = new URL(url);
  const open = async (count: number): Promise<Socket[]> => {
    const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).on("error", () => {}));
    await delay(50 + count / 10);
    return sockets;
  };
  const idle = await open(counts.idle);
  const slow = await open(counts.slow);
  for (const socket of slow) socket.write(`GET ${pathname} HTTP/1.1\r\nHost: a\r\nX-Slow: `);
  const drip = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write("x");
  }, 1_000);
  return {
    lift() {
      clearInterval(drip);
      for (const socket of [...idle, ...slow]) socket.destroy();
    },
  };
}
