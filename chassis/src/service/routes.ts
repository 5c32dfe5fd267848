import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import type { Call } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import { deadlineExceeded, unavailable } from "../core/failure.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { Answer } from "./answer.ts";
import { authorize, type Verify } from "./authorize.ts";
import { clientNetwork } from "./client-network.ts";
import { withinDeadline } from "./deadline.ts";
import type { Handler, Handlers } from "./definition.ts";
import type { Gate } from "./gate.ts";
import type { Health } from "./http-server.ts";
import { inputReader } from "./request-input.ts";
import { serverSpan } from "./server-span.ts";

const DEFAULT_TIMEOUT = 10_000;

/** What the routes of a service need around them. `stopping` is aborted when answers without end have to end. */
export type RouteSurroundings = { verify: Verify; health: Health; stopping: AbortSignal; tracer?: Tracer; gate?: Gate };

/** Adds a route for each call of the contract: who may, validated input, deadline, context, handler, reply. */
export function addRoutes<C extends Contract>(
  server: FastifyInstance,
  contract: C,
  handlers: Handlers<C>,
  surroundings: RouteSurroundings,
): void {
  for (const [name, call] of Object.entries(contract.calls)) {
    const { shape } = call;
    server.route({
      method: call.method,
      url: call.path.replace(/\{(\w+)\}/g, ":$1"),
      ...(shape.bodyLimit ? { bodyLimit: shape.bodyLimit } : {}),
      schema: { response: jsonReplies(shape.replies) },
      handler: route(call, handlers[name] as Handler<Call>, surroundings),
    });
  }
}

function route(call: Call, handler: Handler<Call>, { verify, health, stopping, tracer, gate }: RouteSurroundings) {
  const { access, replies, timeout = DEFAULT_TIMEOUT } = call.shape;
  const read = inputReader(call);
  const inServerSpan = serverSpan(call);
  const successStatus = Number(Object.keys(replies).find((status) => Number(status) < 300));
  const media = Object.values(replies)
    .map((schema) => mediaType(schema))
    .find(Boolean);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!health.ready() && !health.draining()) throw unavailable.failure({ retryAfter: 1 });
    const over = endsWithCaller(reply);
    const signal = timeout === 0 ? AbortSignal.any([over.signal, stopping]) : over.signal;
    if (timeout === 0) gate?.letGo(request.raw);
    const patience = remainingTime(request, timeout, gate?.waited(request.raw) ?? 0);
    const priority = gate?.priority(request.raw) ?? "normal";
    const incoming = { requestId: request.id, tracer, patience, signal, priority };
    const result = await withinDeadline(patience, over, () =>
      inServerSpan(request.headers["traceparent"], incoming, async () => {
        const caller = await authorize(access, request.headers.authorization, verify);
        const network = await clientNetwork(request.headers, request.socket, verify);
        return handler({ ...read(request), caller, network, signal });
      }),
    );
    const { status, body, headers } = result instanceof Answer ? result : new Answer(successStatus, result);
    reply.code(status).headers(headers);
    if (media && body !== undefined) return sendMedia(reply, media, body as string | AsyncIterable<string>);
    return reply.send(body);
  };
}

/** Aborted when the caller goes away before it has the answer. */
function endsWithCaller(reply: FastifyReply): AbortController {
  const over = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) over.abort();
  });
  return over;
}

/**
 * Milliseconds for this request: what the caller still waits, at most what the call takes, less what it has `waited` here; 0 is without
 * limit. Throws `deadline_exceeded` when that is over before anything was done.
 */
function remainingTime(request: FastifyRequest, timeout: number, waited: number): number {
  const header = request.headers["x-deadline-ms"];
  const waits = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  if (timeout === 0 && waits !== 0) return 0;
  const left = Math.min(waits ?? timeout, timeout) - waited;
  if (left <= 0) throw deadlineExceeded.failure();
  return left;
}

function sendMedia(reply: FastifyReply, media: string, body: string | AsyncIterable<string>): FastifyReply {
  reply.type(`${media}; charset=utf-8`);
  if (typeof body === "string") return reply.send(body);
  reply.header("cache-control", "no-store");
  return reply.send(Readable.from(body, { objectMode: false, highWaterMark: 16 * 1024 }));
}

function jsonReplies(replies: Record<number, TSchema | null>): Record<string, TSchema> {
  const json = Object.entries(replies).filter(([, schema]) => schema !== null && !mediaType(schema));
  return Object.fromEntries(json) as Record<string, TSchema>;
}

const mediaType = (schema: TSchema | null): string | undefined =>
  (schema as { contentMediaType?: string } | null)?.contentMediaType;
