import type { FastifyInstance } from "fastify";
import { sweepIdle } from "../../http/sweep-idle.ts";
import type { AcceptedConnections } from "../multiplex/accept-multiplexed.ts";

/** Milliseconds that requests under way have to end in. */
const PATIENCE = 6_000;

/** Takes no new connections and resolves when the answers under way have ended, or were cut off after some seconds. */
export async function drain(server: FastifyInstance, multiplexed?: AcceptedConnections): Promise<void> {
  const endSweep = sweepIdle(server.server);
  const hurry = setTimeout(() => {
    server.server.closeAllConnections();
    multiplexed?.destroy();
  }, PATIENCE);
  await server.close();
  endSweep();
  clearTimeout(hurry);
}
