import type { Socket } from "node:net";
import { addressOf } from "../../../core/network/address.ts";
import { type Dial, type Endpoint, plainDial } from "../../../core/network/dial.ts";
import { request as httpRequest } from "../../../core/network/node-http.ts";
import type { Soon } from "../../../core/soon.ts";
import { SERVICE_HEADER } from "../../../http/service-header.ts";
import { type ConnectionOptions, type MultiplexedConnection, multiplexedConnection } from "./multiplexed-connection.ts";
import { PROTOCOL, UPGRADE_PATH } from "./offer.ts";
import { MOST_SLOTS } from "./slots.ts";
import { tuneSocket } from "./tune-socket.ts";

/** The multiplexed connections of a process: one to each instance that takes them. */
export type Multiplexer = {
  /** The connection to an instance; undefined while there is none. */
  connectionTo(origin: string): MultiplexedConnection | undefined;
  /**
   * An instance said that it takes such connections: begins to open one, as the caller with the `Authorization` header that it is given
   * when it asks for it.
   */
  offered(origin: string, authorization: () => Soon<string>, service?: string): void;
  /** Ends the connections after what is under way; none is opened any more. */
  close(): void;
};

/** Milliseconds: that opening may take, that pass before it is tried again, and after which a connection that nobody uses is ended. */
const OPENING = 2_000;
const PAUSE = 10_000;
const UNUSED = 20_000;

export type MultiplexerOptions = Pick<ConnectionOptions, "largestAnswer" | "patience"> & {
  /** Requests that may be under way on one connection; what comes beyond waits in line. Default 4,096. */
  readonly most?: number;
  /** How services are reached. Default: without TLS. */
  readonly dial?: Dial | undefined;
};

/** Makes the multiplexer. Where no connection can be had calls go over HTTP as before, so nobody waits for one. */
export function createMultiplexer({ most = MOST_SLOTS, dial = plainDial, ...limits }: MultiplexerOptions): Multiplexer {
  const open = new Map<string, MultiplexedConnection>();
  /** By origin, until when no other one is opened. */
  const pauses = new Map<string, number>();
  let closed = false;
  const sweep = setInterval(() => {
    for (const connection of open.values()) if (connection.isIdle(UNUSED)) connection.retire();
    const now = performance.now();
    for (const [origin, until] of pauses) if (until < now) pauses.delete(origin);
  }, UNUSED / 4);
  sweep.unref();

  function onOpen(origin: string, service: string, socket: Socket): void {
    if (closed || open.has(origin)) {
      socket.destroy();
      return;
    }
    const connection = multiplexedConnection(socket, {
      ...limits,
      most,
      service,
      onRetired() {
        open.delete(origin);
        // One that was of use may be followed by another at once.
        if (connection.hasAnswered()) pauses.delete(origin);
      },
    });
    open.set(origin, connection);
  }

  return {
    connectionTo: (origin) => open.get(origin),
    offered(origin, authorization, service = "") {
      const now = performance.now();
      if (closed || open.has(origin) || (pauses.get(origin) ?? 0) > now) return;
      pauses.set(origin, now + PAUSE);
      const ask = async () =>
        upgrade(dial, { ...addressOf(origin), service }, await authorization(), (answering, socket) =>
          onOpen(origin, answering, socket),
        );
      // Who has no token to show opens none.
      ask().catch(() => {});
    },
    close() {
      closed = true;
      clearInterval(sweep);
      for (const connection of open.values()) connection.retire();
    },
  };
}

/** Asks an instance to go on with frames. Whatever else comes of it is nobody's concern: it was an offer. */
function upgrade(
  dial: Dial,
  endpoint: Endpoint,
  authorization: string,
  onOpen: (service: string, socket: Socket) => void,
): void {
  const request = httpRequest({
    host: endpoint.host,
    port: endpoint.port,
    path: UPGRADE_PATH,
    createConnection: () => dial.open(endpoint),
    headers: { connection: "Upgrade", upgrade: PROTOCOL, authorization },
    timeout: OPENING,
  });
  const giveUp = () => request.destroy();
  request.on("error", () => {});
  request.on("timeout", giveUp);
  request.on("response", giveUp);
  request.on("upgrade", (response, socket: Socket, begun) => {
    tuneSocket(socket);
    if (begun.length > 0) socket.unshift(begun);
    onOpen(String(response.headers[SERVICE_HEADER] ?? ""), socket);
  });
  request.end();
}
