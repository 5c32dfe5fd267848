import type { Server } from "node:http";

const INTERVAL = 50;

/**
 * Closes connections on which nothing is under way, again and again until the returned function is called: `close` does it once, and a
 * connection whose answer ends after that would be kept for the client.
 */
export function sweepIdle(server: Server): () => void {
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), INTERVAL);
  return () => clearInterval(sweep);
}
