import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { atEndOfTurn } from "../../client/transports/http/end-of-turn.ts";
import type { Call } from "../../contract/call.ts";
import type { Contract } from "../../contract/contract.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { type Failure, failureFrom, unavailable } from "../../core/failure/failure.ts";
import type { Handler, Handlers } from "../definition.ts";
import type { Gate } from "../http/gate.ts";
import { type ServedCall, type ServedCallSurroundings, servedCall } from "./served-call.ts";

/** What the routes of a service need around them. `stopping` is cancelled when answers without end have to end. */
export type RouteSurroundings = ServedCallSurroundings & { readonly stopping: Cancellation; readonly gate?: Gate };

/** Adds a route for each call of the contract; returns the calls, for who serves them in other ways as well. */
export function addRoutes<C extends Contract>(
  server: FastifyInstance,
  contract: C,
  handlers: Handlers<C>,
  surroundings: RouteSurroundings,
): ServedCall[] {
  return Object.entries(contract.calls).map(([name, call]) => {
    const served = servedCall(call, handlers[name] as Handler<Call>, surroundings);
    server.route({
      method: call.method,
      url: routerPath(call.path),
      ...(call.shape.bodyLimit ? { bodyLimit: call.shape.bodyLimit } : {}),
      handler: route(served, surroundings),
    });
    return served;
  });
}

/** A path of a contract as routers want it: `/orders/:id`. */
export const routerPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

function route({ call, serve, reply: replyOf }: ServedCall, { stopping, gate }: RouteSurroundings) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const { raw, params, query, headers, body, socket, id: requestId } = request;
    const cancellation = endsWithCaller(reply);
    if (call.shape.timeout === 0) {
      endsWithService(reply, cancellation, stopping);
      gate?.letGo(raw);
    }
    const waited = gate?.waited(raw) ?? 0;
    const priority = gate?.priority(raw) ?? "normal";
    const letGo = () => gate?.letGo(raw);
    serve({ requestId, params, query, headers, body, socket, cancellation, waited, priority, letGo }).then(
      // Together with what else is answered in this turn of the event loop.
      (result) => atEndOfTurn(() => send(reply, () => replyOf(result))),
      (error) => reply.send(failureFrom(error)),
    );
  };
}

/** Never throws. */
function send(reply: FastifyReply, make: () => ReturnType<ServedCall["reply"]>): void {
  try {
    const { status, headers, body } = make();
    reply.code(status).headers(headers).send(body);
  } catch (error) {
    reply.send(failureFrom(error));
  }
}

/** Cancelled when the caller goes away before it has the answer. */
function endsWithCaller({ raw }: FastifyReply): Cancellation {
  const cancellation = new Cancellation();
  raw.on("close", () => {
    if (!raw.writableFinished) cancellation.cancel(unavailable.failure({ cause: new Error("the caller left") }));
  });
  return cancellation;
}

/** Milliseconds after which an answer without end is cut off that was told to end. */
const FAREWELL = 1_000;

/** What has no end of its own ends when the service does, or whatever else cancels it, and is cancelled when it has ended. */
function endsWithService({ raw }: FastifyReply, cancellation: Cancellation, stopping: Cancellation): void {
  cancellation.listen(() => setTimeout(() => raw.destroy(), FAREWELL).unref());
  if (stopping.why) cancellation.cancel(stopping.why);
  const end = (why: Failure): void => cancellation.cancel(why);
  stopping.listen(end);
  raw.on("close", () => {
    stopping.forget(end);
    cancellation.cancel(unavailable.failure({ cause: new Error("the answer has ended") }));
  });
}
