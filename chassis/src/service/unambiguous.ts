import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { malformedRequest } from "../gateway/malformed.ts";
import { SINGLE } from "../gateway/request-headers.ts";

const ending = new WeakSet<Socket>();

/** Whether a connection ends with the answer to an ambiguous request. */
export const isEnding = (socket: Socket): boolean => ending.has(socket);

/**
 * Refuses what another reader could take for something else, where node:http is lenient: a header given twice that can only be there
 * once, two `Host`s among them, a target in absolute form, and an upgrade. The connection ends with the answer, and nothing that
 * came behind such a request is handled.
 */
export function refuseAmbiguous(server: FastifyInstance): void {
  server.addHook("onRequest", ({ raw }, reply, done) => {
    const { socket } = raw;
    if (ending.has(socket)) {
      reply.hijack();
      done();
    } else if (isAmbiguous(raw)) {
      ending.add(socket);
      reply.header("connection", "close");
      done(malformedRequest.failure());
    } else done();
  });
}

const isAmbiguous = (request: IncomingMessage): boolean =>
  !request.url?.startsWith("/") || request.headers.upgrade !== undefined || isGivenTwice(request);

/** Whether a header is there twice that can only be there once. */
export function isGivenTwice({ headers, rawHeaders }: IncomingMessage): boolean {
  // As many names as headers: none is there twice.
  if (Object.keys(headers).length * 2 === rawHeaders.length) return false;
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}
