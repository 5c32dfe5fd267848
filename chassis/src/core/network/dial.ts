import { connect, type OnReadOpts, type Socket } from "node:net";

/** Where an instance of a service listens. */
export type Endpoint = { readonly service: string; readonly host: string; readonly port: number };

/** How connections to services are opened. */
export type Dial = {
  /** Opens a connection. What is written at once is sent when it is there; it fails when something else than the service answers. */
  open(endpoint: Endpoint, onread?: OnReadOpts): Socket;
  /** The event that says that the connection is there. */
  readonly opened: "connect" | "secureConnect";
};

/** What each connection to a service has: small writes go at once, and a silent end is found out. */
export const DIALED = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Connections as they are, without TLS. */
export const plainDial: Dial = {
  open: ({ host, port }, onread) => connect({ host, port, ...DIALED, ...(onread ? { onread } : {}) }),
  opened: "connect",
};
