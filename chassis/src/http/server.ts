import type { ServerOptions as HttpOptions, IncomingMessage, Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { problemHeaders, problemOf } from "../contract/problem.ts";
import { newId } from "../core/id.ts";
import { createServer } from "../core/network/node-http.ts";
import { failureOfParser } from "./malformed.ts";
import { sweepIdle } from "./sweep-idle.ts";

export type OnRequest = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => void;

export type ServerOptions = {
  /** Milliseconds that a request may take to come in. Default 60,000. */
  readonly requestTimeout?: number;
  /** Milliseconds that a connection is kept on which nothing is under way. Default 65,000. */
  readonly keepAliveTimeout?: number;
  /** Which connections become others, for those who listen to `upgrade`. Default: none. */
  readonly upgrades?: (request: IncomingMessage) => boolean;
  /** Makes the server itself. Default: one without TLS. */
  readonly create?: ((options: HttpOptions) => Server) | undefined;
};

/** The exchanges under way on one connection; they end in the order in which they began. After `over` none begins. */
type Open = { count: number; latest: ServerResponse; over: boolean };

const connections = new WeakMap<Socket, Open>();

/** Nothing that comes behind this request is handled: its connection ends with the answer. */
export function takeNoMore({ socket }: IncomingMessage): void {
  const open = connections.get(socket);
  if (open) open.over = true;
}

/** Whether nothing more is handled that comes over this connection. */
export const isOver = (socket: Socket): boolean => connections.get(socket)?.over ?? false;

/** Whether nothing is under way on a connection. */
export const isIdle = (socket: Socket): boolean => (connections.get(socket)?.count ?? 0) === 0;

/** Makes the HTTP server of the gateway and of services: strict parsing, bounded headers and times, an answer of ours to what is not HTTP. */
export function createHttpServer(
  onRequest: OnRequest,
  {
    requestTimeout = 60_000,
    keepAliveTimeout = 65_000,
    upgrades = () => false,
    create = createServer,
  }: ServerOptions = {},
): Server {
  const server = create({
    insecureHTTPParser: false,
    // A missing Host is refused where two of them are, with a problem.
    requireHostHeader: false,
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout,
    keepAliveTimeout,
    shouldUpgradeCallback: upgrades,
    connectionsCheckingInterval: 5_000,
    // Finds out that the client of a quiet stream is gone.
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  });
  const listen = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void => {
    const { socket } = request;
    const open = connections.get(socket) ?? { count: 0, latest: response, over: false };
    if (open.over) return;
    if (open.count === 0) connections.set(socket, open);
    open.count += 1;
    open.latest = response;
    response.on("close", () => {
      open.count -= 1;
    });
    onRequest(request, response, awaitsContinue);
  };
  server.on("request", (request, response) => listen(request, response, false));
  server.on("checkContinue", (request, response) => listen(request, response, true));
  server.on("checkExpectation", (request, response) => listen(request, response, false));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    const open = connections.get(socket);
    // An answer that ends the connection is on its way.
    if (open?.over && open.count > 0) return;
    if (socket.writable && mayAnswer(open)) refuseRaw(socket, error.code);
    else socket.destroy();
  });
  // Nobody is let through to another host.
  server.on("connect", (_request, socket: Socket) => refuseRaw(socket));
  return server;
}

/** Answers what could not be read as a request, and ends the connection. */
function refuseRaw(socket: Socket, code?: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(rawAnswer(code), () => socket.destroy());
}

/** Whether an answer to bytes that are not HTTP would be read as one to them, and not to a request before them. */
function mayAnswer(open: Open | undefined): boolean {
  if (!open || open.count === 0) return true;
  return open.count === 1 && !open.latest.req.complete && !open.latest.headersSent;
}

function rawAnswer(code: string | undefined): string {
  const failure = failureOfParser(code);
  const body = JSON.stringify(problemOf(failure, newId()));
  const headers = { ...problemHeaders(failure), "content-length": Buffer.byteLength(body), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${failure.status} ${failure.code}`, ...lines, "", body].join("\r\n");
}

/**
 * Listens, and resolves with `http://host:port`. Rejects with the system's error when it can't. An `exclusive` address is not shared with
 * the other workers of a gateway.
 */
export function listenOn(server: Server, host: string, port: number, exclusive = false): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  server.once("error", reject);
  server.listen({ port, host, exclusive }, () => {
    server.off("error", reject);
    const address = server.address();
    const actualPort = typeof address === "object" ? address?.port : port;
    resolve(`http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`);
  });
  return promise;
}

/** Listens on a socket that was inherited as a file descriptor, and resolves with `http://host:port`. */
export function listenOnInherited(server: Server, host: string, fd: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  server.once("error", reject);
  server.listen({ fd }, () => {
    server.off("error", reject);
    const address = server.address();
    const port = typeof address === "object" ? address?.port : "";
    resolve(`http://${host.includes(":") ? `[${host}]` : host}:${port}`);
  });
  return promise;
}

/**
 * Takes no new connections, waits for the answers under way, and after `patience` milliseconds cuts off what is left. Connections on which
 * nothing is under way are left open for `linger` milliseconds: who is about to send on one shall get an answer that ends it, not a reset.
 */
export async function drain(server: Server, patience: number, linger = 0): Promise<void> {
  if (!server.listening) return;
  const closed = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  // Unlike that of an HTTP server, this ends no connection.
  NetServer.prototype.close.call(server, () => closed.resolve());
  const endLinger = new AbortController();
  await Promise.race([closed.promise, delay(linger, undefined, { signal: endLinger.signal }).catch(() => {})]);
  endLinger.abort();
  const endSweep = sweepIdle(server);
  await closed.promise;
  endSweep();
  clearTimeout(timer);
}
