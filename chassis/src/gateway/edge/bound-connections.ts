import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "../../http/client-address.ts";
import { isIdle } from "../../http/server.ts";
import type { Capacity } from "./capacity.ts";

/**
 * Bounds the connections of clients, in all and from each network but those of trusted proxies. Where there is no room for one more, one on which
 * nothing is under way makes room: of its own network, or of the one that has the most. Where there is none the new one is ended.
 */
export function boundConnections(
  server: Server,
  limits: Capacity["connections"],
  isProxy: (socket: Socket) => boolean,
): void {
  const networks = new Map<string, Set<Socket>>();
  let all = 0;

  function leave(network: string, socket: Socket): void {
    all -= 1;
    const sockets = networks.get(network);
    sockets?.delete(socket);
    if (sockets?.size === 0) networks.delete(network);
  }

  server.on("connection", (socket: Socket) => {
    const network = networkOf(socket);
    const own = networks.get(network) ?? new Set();
    networks.set(network, own.add(socket));
    all += 1;
    socket.once("close", () => leave(network, socket));
    if (own.size > limits.network && !isProxy(socket)) makeRoom([own], socket);
    else if (all > limits.all) makeRoom(Array.from(networks.values()).sort(byCount), socket);
  });
}

const byCount = (one: ReadonlySet<Socket>, other: ReadonlySet<Socket>): number => other.size - one.size;

/** Ends the oldest connection on which nothing is under way, or else the newest. */
function makeRoom(candidates: readonly ReadonlySet<Socket>[], newest: Socket): void {
  for (const sockets of candidates) {
    for (const socket of sockets) {
      if (socket === newest || socket.destroyed || !isIdle(socket)) continue;
      socket.destroy();
      return;
    }
  }
  newest.destroy();
}
