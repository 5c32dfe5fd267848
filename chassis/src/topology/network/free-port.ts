import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below them servers have their usual ports, and above them systems take those of outgoing connections and of whoever doesn't mind which. */
const [FIRST, LAST] = [20_000, 32_000] as const;

/** Somebody listens there, or the system keeps it for itself. */
const TAKEN = new Set(["EADDRINUSE", "EACCES"]);

let next = randomInt(FIRST, LAST);

/**
 * A TCP port of the loopback address that nobody listens on right now, another one each time, and none that the system gives to anybody
 * by itself. Another process may still take it before it is used: try again then.
 */
export async function freePort(): Promise<number> {
  for (let tries = FIRST; tries <= LAST; tries++) {
    const port = next;
    next = next === LAST ? FIRST : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`none of the ports from ${FIRST} to ${LAST} is free`);
}

/** Whether nobody listens at a port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      TAKEN.has(error.code ?? "") ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
