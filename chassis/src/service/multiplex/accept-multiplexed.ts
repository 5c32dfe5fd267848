import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { OFFER_HEADER, PROTOCOL, UPGRADE_PATH } from "../../client/transports/multiplex/offer.ts";
import { type Failure, failureFrom, unavailable } from "../../core/failure/failure.ts";
import { STATUS_CODES } from "../../core/network/node-http.ts";
import type { Verify } from "../../http/authenticate.ts";
import { malformedRequest } from "../../http/malformed.ts";
import { readHeaders } from "../../http/request-headers.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { isOver } from "../../http/server.ts";
import { SERVICE_HEADER } from "../../http/service-header.ts";
import type { Peers } from "../../identity/mutual-tls.ts";
import type { Log } from "../../telemetry/log.ts";
import { assertPeer, authorize } from "../calls/authorize.ts";
import { problemReply } from "../calls/reply.ts";
import type { Health } from "../host/health.ts";
import type { Gate } from "../http/gate.ts";
import type { AnswerRequest } from "./answer-request.ts";
import { type ServedConnection, serveConnection } from "./serve-connection.ts";

/** The multiplexed connections of a service. */
export type AcceptedConnections = {
  /** Offers none any more, and asks callers to send nothing more over those that there are; each ends after what is under way. */
  retire(): void;
  /** Asks callers to go on over other connections. */
  renew(): void;
  /** Ends those that are still there. */
  destroy(): void;
};

/** Milliseconds until a connection ends whose upgrade was refused. */
const FAREWELL = 1_000;

/** Whether a request asks its connection to become a multiplexed one. All other upgrades are refused as ambiguous requests. */
export const wantsMultiplexed = ({ url, headers }: IncomingMessage): boolean =>
  url === UPGRADE_PATH && headers.upgrade === PROTOCOL;

/** Offers other services of the system, in each answer over HTTP, to go on with many requests at a time, and takes those that do. */
export function acceptMultiplexed(
  server: FastifyInstance,
  answer: AnswerRequest,
  around: {
    readonly verify: Verify;
    readonly gate: Gate;
    readonly health: Health;
    readonly log: Log;
    readonly peers?: Peers | undefined;
  },
): AcceptedConnections {
  const { gate, health, log } = around;
  const open = new Set<ServedConnection>();
  /** All sockets that were asked to be one: Node.js' server knows of them no more. */
  const sockets = new Set<Socket>();
  let retired = false;

  async function accept(request: IncomingMessage, socket: Socket, begun: Buffer): Promise<void> {
    try {
      if (isOver(socket)) throw malformedRequest.failure();
      await letIn(request);
    } catch (error) {
      refuse(socket, failureFrom(error), requestIdOf(request.headers), around);
      return;
    }
    if (socket.destroyed || socket.readableEnded) {
      socket.destroy();
      return;
    }
    socket.write(switching(health.service));
    const connection = serveConnection(socket, answer, { log, onEnd: () => open.delete(connection) });
    open.add(connection);
    if (begun.length > 0) socket.unshift(begun);
  }

  /** To look at a token is work as well. */
  async function letIn(request: IncomingMessage): Promise<void> {
    const admitted = gate.admit(request);
    if (!admitted) throw unavailable.failure({ retryAfter: 1 });
    try {
      await assertService(request, around);
      if (!health.ready() || retired) throw unavailable.failure({ retryAfter: 1 });
    } finally {
      admitted.done();
    }
  }

  server.server.on("upgrade", (request: IncomingMessage, socket: Socket, begun: Buffer) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    accept(request, socket, begun);
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (!retired && !health.draining()) reply.header(OFFER_HEADER, PROTOCOL);
    done(null, payload);
  });
  const renew = (): void => open.forEach((connection) => void connection.retire());
  return {
    retire() {
      retired = true;
      renew();
    },
    renew,
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Only services may: a connection has no limits but those that all its requests share. */
async function assertService(
  request: IncomingMessage,
  { verify, peers }: { readonly verify: Verify; readonly peers?: Peers | undefined },
): Promise<void> {
  const { contentLength, chunked } = readHeaders(request, true);
  if (request.method !== "GET" || contentLength !== undefined || chunked) throw malformedRequest.failure();
  const { headers, socket } = request;
  const any = { has: () => true };
  const caller = await authorize({ access: "internal", services: any }, headers.authorization, verify);
  assertPeer(caller, socket, peers);
}

const switching = (service: string): string =>
  head(101, { connection: "Upgrade", upgrade: PROTOCOL, [SERVICE_HEADER]: service });

function refuse(
  socket: Socket,
  failure: Failure,
  requestId: string,
  { log, health }: { readonly log: Log; readonly health: Health },
): void {
  const { status, headers, body } = problemReply(failure, requestId, log);
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const all = { ...headers, ...length, connection: "close", [SERVICE_HEADER]: health.service };
  socket.end(head(status, all) + body);
  // Whatever still comes; and who does not end the connection does not keep it.
  socket.resume();
  setTimeout(() => socket.destroy(), FAREWELL).unref();
}

function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n`;
}
