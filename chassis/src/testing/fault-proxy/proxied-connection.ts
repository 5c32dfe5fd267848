import { connect, type Socket } from "node:net";
import type { BothWays } from "./faults.ts";
import { pump } from "./pump.ts";

/** One connection through the proxy. */
export type ProxiedConnection = {
  /** The faults have changed. */
  changed(): void;
  /** Both sides are told that the connection is gone, at once (RST). */
  reset(): void;
  /** One side is gone and its end knows; the other hears nothing of it, and whatever it sends goes nowhere. */
  halfOpen(gone: "client" | "server"): void;
  /** Nothing gets through any more, and neither side hears why. */
  forget(): void;
};

/** Connects a client that came to the server behind the proxy. `onClose` is called when both sides are gone. */
export function proxyConnection(
  client: Socket,
  target: { readonly host: string; readonly port: number },
  options: { readonly faults: () => BothWays; readonly random: () => number; readonly onClose: () => void },
): ProxiedConnection {
  const { faults, random, onClose } = options;
  const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
  let half = false;

  function reset(): void {
    stop();
    for (const side of [client, server]) side.resetAndDestroy();
  }
  function forget(): void {
    half = true;
    stop();
  }
  function stop(): void {
    toServer.stop();
    toClient.stop();
  }
  const toServer = pump(client, server, { faults: () => faults().toServer ?? {}, random, onCut: reset });
  const toClient = pump(server, client, { faults: () => faults().toClient ?? {}, random, onCut: reset });

  for (const [side, other] of [
    [client, server],
    [server, client],
  ] as const) {
    side.on("error", () => {
      if (!half) other.resetAndDestroy();
    });
    side.on("close", () => {
      if (client.destroyed && server.destroyed) onClose();
      else if (!half) other.destroySoon();
    });
  }
  return {
    changed() {
      toServer.changed();
      toClient.changed();
    },
    reset,
    forget,
    halfOpen(gone) {
      forget();
      (gone === "client" ? client : server).resetAndDestroy();
    },
  };
}
