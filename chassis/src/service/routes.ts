import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import type { Call } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import { Cancellation } from "../core/cancellation.ts";
import { deadlineExceeded, type Failure, failureFrom, unavailable } from "../core/failure.ts";
import { after, type Soon } from "../core/soon.ts";
import type { Verify } from "../gateway/authenticate.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { authorize } from "./authorize.ts";
import { clientNetwork } from "./client-network.ts";
import { withinDeadline } from "./deadline.ts";
import type { Handler, Handlers } from "./definition.ts";
import type { Gate } from "./gate.ts";
import type { Health } from "./http-server.ts";
import { inputReader } from "./request-input.ts";
import { mediaType, replySender } from "./send-reply.ts";
import { ServedRequest } from "./served-request.ts";
import { serverSpan } from "./server-span.ts";

const DEFAULT_TIMEOUT = 10_000;

/** What the routes of a service need around them. `stopping` is cancelled when answers without end have to end. */
export type RouteSurroundings = {
  verify: Verify;
  health: Health;
  stopping: Cancellation;
  tracer?: Tracer;
  gate?: Gate;
};

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
  const { access, timeout = DEFAULT_TIMEOUT } = call.shape;
  const read = inputReader(call);
  const inServerSpan = serverSpan(call);
  const sendReply = replySender(call);

  return (request: FastifyRequest, reply: FastifyReply): void => {
    if (!health.ready() && !health.draining()) throw unavailable.failure({ retryAfter: 1 });
    const cancellation = endsWithCaller(reply);
    if (timeout === 0) {
      endsWithService(reply, cancellation, stopping);
      gate?.letGo(request.raw);
    }
    const patience = remainingTime(request, timeout, gate?.waited(request.raw) ?? 0);
    const priority = gate?.priority(request.raw) ?? "normal";
    const incoming = { requestId: request.id, tracer, patience, cancellation, priority };
    const handle = (): Soon<unknown> =>
      after(authorize(access, request.headers.authorization, verify), (caller) =>
        after(clientNetwork(request.headers, request.socket, verify), (network) =>
          handler(new ServedRequest(read(request), caller, network, cancellation)),
        ),
      );
    withinDeadline(patience, cancellation, () => inServerSpan(request.headers["traceparent"], incoming, handle)).then(
      (result) => sendReply(reply, result),
      (error) => reply.send(failureFrom(error)),
    );
  };
}

/** Cancelled when the caller goes away before it has the answer. */
function endsWithCaller({ raw }: FastifyReply): Cancellation {
  const cancellation = new Cancellation();
  raw.on("close", () => {
    if (!raw.writableFinished) cancellation.cancel(unavailable.failure({ cause: new Error("the caller left") }));
  });
  return cancellation;
}

/** What has no end of its own ends when the service does. */
function endsWithService({ raw }: FastifyReply, cancellation: Cancellation, stopping: Cancellation): void {
  if (stopping.why) cancellation.cancel(stopping.why);
  const end = (why: Failure): void => cancellation.cancel(why);
  stopping.listen(end);
  raw.on("close", () => stopping.forget(end));
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

function jsonReplies(replies: Record<number, TSchema | null>): Record<string, TSchema> {
  const json = Object.entries(replies).filter(([, schema]) => schema !== null && !mediaType(schema));
  return Object.fromEntries(json) as Record<string, TSchema>;
}
