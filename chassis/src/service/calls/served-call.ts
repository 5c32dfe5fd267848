import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { currentContext, type WorkContext } from "../../context/context.ts";
import type { Tracer } from "../../context/tracer.ts";
import { type Call, needsFreshSession } from "../../contract/call.ts";
import { preferredWait } from "../../contract/prefer.ts";
import type { Cancellation } from "../../core/cancellation.ts";
import { deadlineExceeded, tokenInvalid, unavailable } from "../../core/failure/failure.ts";
import type { Priority } from "../../core/load/load-shedder.ts";
import { after, type Soon } from "../../core/soon.ts";
import type { Verify } from "../../http/authenticate.ts";
import type { Caller } from "../../identity/caller.ts";
import type { Peers } from "../../identity/mutual-tls.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Handler } from "../definition.ts";
import type { Health } from "../host/health.ts";
import { assertPeer, authorize } from "./authorize.ts";
import { clientNetwork } from "./client-network.ts";
import { withinDeadline } from "./deadline.ts";
import type { InternalCallers } from "./internal-callers.ts";
import { callLog } from "./log-calls.ts";
import { makeReply, type Reply } from "./reply.ts";
import { type Input, inputReader, type RawInput } from "./request-input.ts";
import { ServedRequest } from "./served-request.ts";
import { serverSpan } from "./server-span.ts";
import { createWaits, type Waits } from "./waits.ts";
import { type WatchSession, watchSessions } from "./watch-sessions.ts";

/** A request for a call, however it came in. */
export type Visit = RawInput & {
  readonly requestId: string;
  /** Where it came from. */
  readonly socket: Socket;
  /** Milliseconds that it waited here before. */
  readonly waited: number;
  readonly priority: Priority;
  /** Cancelled when the caller goes away before it has the answer. */
  readonly cancellation: Cancellation;
  /** To be called when the request goes on as no work that others wait for. */
  letGo(): void;
};

/** A call of a contract with what answers it. */
export type ServedCall = {
  readonly call: Call;
  /** Who may, validated input, deadline, context, handler. Throws or rejects with why there is no reply. */
  serve(visit: Visit): Promise<unknown>;
  /** The reply that stands for what the handler returned. */
  reply(result: unknown): Reply;
};

export type ServedCallSurroundings = {
  readonly verify: Verify;
  readonly health: Health;
  /** Bounds those that wait for what others do. Default: by itself for each call. */
  readonly waits?: Waits | undefined;
  /** Cancelled when what has no end of its own, or waits, has to end. */
  readonly stopping?: Cancellation | undefined;
  readonly tracer?: Tracer | undefined;
  /** Gets a line for each call that was handled. Default: none is written. */
  readonly log?: Log | undefined;
  /** Who may make its internal calls. Default: nobody. */
  readonly internalCallers?: InternalCallers | undefined;
  /** Tells by certificates who is at the other side. Default: that can't be told. */
  readonly peers?: Peers | undefined;
};

const DEFAULT_TIMEOUT = 10_000;
const NOBODY: ReadonlySet<string> = new Set();

/** Joins a call with its handler. */
export function servedCall(call: Call, handler: Handler<Call>, surroundings: ServedCallSurroundings): ServedCall {
  const { verify, health, tracer, log, stopping, peers, waits = createWaits() } = surroundings;
  const { access, timeout = DEFAULT_TIMEOUT } = call.shape;
  const admitted = { access, services: surroundings.internalCallers?.(call) ?? NOBODY };
  const read = inputReader(call);
  const confirm = confirmation(call, verify);
  const watch = watchSessions(verify);
  const endWithSession = sessionEnd(call, watch);
  const inServerSpan = serverSpan(call);
  const lines = log && callLog(call, log);

  return {
    call,
    serve(visit) {
      if (!health.ready() && !health.draining()) throw unavailable.failure({ retryAfter: 1 });
      const { headers, socket, requestId, cancellation, priority, letGo } = visit;
      const patience = remainingTime(headers, timeout, visit.waited);
      const incoming = { requestId, tracer, patience, cancellation, priority };
      const endsAt = patience === 0 ? Number.POSITIVE_INFINITY : performance.now() + patience;
      const prefer = call.shape.waits === "preferred" ? String(headers["prefer"] ?? "") : undefined;
      const around = { cancellation, preferredWait: preferredWait(prefer), waits, stopping, watch, endsAt, letGo };
      const { params, body } = visit;
      const handled = {
        params,
        body,
        began: performance.now(),
        requestId,
        context: undefined as WorkContext | undefined,
      };
      const handle = (): Soon<unknown> => {
        handled.context = currentContext();
        return after(authorize(admitted, headers.authorization, verify), (caller) => {
          assertPeer(caller, socket, peers);
          return after(clientNetwork(headers, socket, verify, peers), (network) =>
            after(confirm(caller, read(visit)), (input) => {
              endWithSession(caller, cancellation);
              return handler(new ServedRequest(input, caller, network, around));
            }),
          );
        });
      };
      const served = withinDeadline(patience, cancellation, () =>
        inServerSpan(headers["traceparent"], incoming, handle),
      );
      if (lines) {
        served.then(
          (result) => lines.returned(handled, result),
          (error) => lines.failed(handled, error),
        );
      }
      return served;
    },
    reply: makeReply(call),
  };
}

/** Makes what passes the input on when the caller's session is good enough for the call. */
function confirmation(call: Call, { confirm }: Verify): (caller: Caller, input: Input) => Soon<Input> {
  if (!needsFreshSession(call)) return (_caller, input) => input;
  return async (caller, input) => {
    if (!confirm) throw unavailable.failure({ cause: new Error("sessions can't be looked up here") });
    await confirm(caller);
    return input;
  };
}

/** Makes what ends work without an end of its own when its session does. */
function sessionEnd(call: Call, watch: WatchSession): (caller: Caller, cancellation: Cancellation) => void {
  if (call.shape.timeout !== 0) return () => {};
  return (caller, cancellation) => {
    if (!cancellation.why) cancellation.listen(watch(caller, () => cancellation.cancel(tokenInvalid.failure())));
  };
}

/**
 * Milliseconds for a request: what the caller still waits, at most what the call takes, less what it has `waited` here; 0 is without
 * limit. Throws `deadline_exceeded` when that is over before anything was done.
 */
function remainingTime(headers: IncomingHttpHeaders, timeout: number, waited: number): number {
  const header = headers["x-deadline-ms"];
  const waits = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  if (timeout === 0 && waits !== 0) return 0;
  const left = Math.min(waits ?? timeout, timeout) - waited;
  if (left <= 0) throw deadlineExceeded.failure();
  return left;
}
