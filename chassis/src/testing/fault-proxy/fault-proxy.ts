import { createServer } from "node:net";
import { seededRandom } from "../seeded-random.ts";
import type { Cleanup } from "../servers/postgres.ts";
import type { BothWays } from "./faults.ts";
import { type ProxiedConnection, proxyConnection } from "./proxied-connection.ts";

/** A network between clients and one server that can be made as bad as a test likes. */
export type FaultProxy = {
  /** Where clients reach the server through it, on the loopback address. */
  readonly port: number;
  /** From now on these are the faults, for connections under way as well. */
  set(faults: BothWays): void;
  /** Nothing is wrong any more. */
  heal(): void;
  /** New connections are refused: from now on, or no more. Those under way go on. */
  refuse(refused: boolean): void;
  /** Resets all connections; returns how many there were. */
  reset(): number;
  /** Lets one side of all connections be gone without the other knowing; returns how many there were. */
  halfOpen(gone: "client" | "server"): number;
  /** Nothing gets through any of the connections there are, ever, and neither side hears why; returns how many there were. */
  forget(): number;
  /** How many connections there are. */
  connections(): number;
};

/** Starts a proxy before a server, without any fault; it ends with the test. The same seed gives the same jitter. */
export async function faultProxy(
  t: Cleanup,
  target: { readonly host?: string; readonly port: number },
  seed = 1,
): Promise<FaultProxy> {
  const open = new Set<ProxiedConnection>();
  const random = seededRandom(seed);
  const behind = { host: "127.0.0.1", ...target };
  let faults: BothWays = {};
  let refused = false;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (refused) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const connection = proxyConnection(client, behind, {
      faults: () => faults,
      random,
      onClose: () => open.delete(connection),
    });
    open.add(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const each = (act: (connection: ProxiedConnection) => void): number => {
    const all = [...open];
    for (const connection of all) act(connection);
    return all.length;
  };
  t.after(() => {
    server.close();
    each((connection) => connection.reset());
  });
  const set = (next: BothWays) => {
    faults = next;
    each((connection) => connection.changed());
  };
  return {
    port: (server.address() as { port: number }).port,
    set,
    heal: () => set({}),
    refuse(now) {
      refused = now;
    },
    reset: () => each((connection) => connection.reset()),
    halfOpen: (gone) => each((connection) => connection.halfOpen(gone)),
    forget: () => each((connection) => connection.forget()),
    connections: () => open.size,
  };
}
