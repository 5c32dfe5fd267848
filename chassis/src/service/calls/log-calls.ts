import type { TObject } from "typebox";
import type { WorkContext } from "../../context/context.ts";
import { type Call, parameterNames } from "../../contract/call.ts";
import { failureFrom } from "../../core/failure/failure.ts";
import { infoLines, type Log, loggableId } from "../../telemetry/log.ts";
import { Answer } from "../answer.ts";

/** A call that was handled: what it was asked with, when, and in which context. */
export type HandledCall = {
  readonly params: unknown;
  readonly body: unknown;
  /** On the monotonic clock, in milliseconds. */
  readonly began: number;
  readonly requestId: string;
  readonly context: WorkContext | undefined;
};

/** Writes one line for a call that was handled: with what was returned, or with why it failed. */
export type CallLog = {
  returned(handled: HandledCall, result: unknown): void;
  failed(handled: HandledCall, error: unknown): void;
};

/**
 * Makes what writes one line of level info for each call: method, route, status, duration in milliseconds, request and trace, and the ids that
 * it names: those in its path, and the fields `id` and `…Id` of its body and its reply. Nothing else of them: it may hold secrets.
 */
export function callLog(call: Call, log: Log): CallLog {
  const write = infoLines(log);
  const success = Number(Object.keys(call.shape.replies).find((status) => Number(status) < 300));
  const inPath = parameterNames(call.path).filter(isFree);
  const inBody = idsIn(call.shape.body).filter((name) => !inPath.includes(name));
  const asked = [...inPath, ...inBody];
  const replied = new Set(Object.values(call.shape.replies).flatMap((reply) => idsIn(reply as TObject | null)));
  const inReply = [...replied].filter((name) => !asked.includes(name));
  const route = `"method":"${call.method}","route":"${call.path}"`;

  function line(handled: HandledCall, status: number, rest: string): void {
    const { params, body, began, requestId, context } = handled;
    const duration = Math.round((performance.now() - began) * 10) / 10;
    const ids = fields(params, inPath) + fields(body, inBody);
    const traceId = context?.trace.traceId ?? "";
    write(
      `${route},"status":${status},"duration":${duration}${ids}${rest},"requestId":"${requestId}","traceId":"${traceId}","msg":"call"`,
    );
  }

  return {
    returned(handled, result) {
      const [status, reply] = result instanceof Answer ? [result.status, result.body] : [success, result];
      line(handled, status, fields(reply, inReply));
    },
    failed(handled, error) {
      const { status, code } = failureFrom(error);
      line(handled, status, `,"code":"${code}"`);
    },
  };
}

const idsIn = (schema: TObject | null | undefined): string[] =>
  Object.keys(schema?.properties ?? {}).filter((name) => /^id$|[a-z]Id$/.test(name) && isFree(name));

/** Whether a name is none that each line has by itself. */
const isFree = (name: string): boolean => name !== "requestId" && name !== "traceId";

function fields(from: unknown, names: readonly string[]): string {
  if (typeof from !== "object" || from === null) return "";
  let text = "";
  for (const name of names) {
    const id = loggableId((from as Record<string, unknown>)[name]);
    if (id !== undefined) text += `,"${name}":"${id}"`;
  }
  return text;
}
