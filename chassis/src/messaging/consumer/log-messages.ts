import { currentContext } from "../../context/context.ts";
import { infoLines, type Log, loggableId } from "../../telemetry/log.ts";
import type { Message } from "../message.ts";

/** Writes one line of level info for a message that was handled: its type, id, key, source and attempt, request and trace. Nothing of its body. */
export type MessageLog = (message: Message, attempt: number, began: number, repeated: boolean) => void;

/** Makes what writes the lines of a consumer. What it is given was read: types and ids are what they should be. */
export function messageLog(log: Log): MessageLog {
  const write = infoLines(log);
  return ({ type, id, key, source, requestId }, attempt, began, repeated) => {
    const duration = Math.round((performance.now() - began) * 10) / 10;
    const request = loggableId(requestId) ?? "";
    const traceId = currentContext()?.trace.traceId ?? "";
    const about = `"event":"${type}","source":${JSON.stringify(source)},"messageId":"${id}","key":${JSON.stringify(key)}`;
    write(
      `${about},"attempt":${attempt},"duration":${duration}${repeated ? ',"repeated":true' : ""},"requestId":"${request}","traceId":"${traceId}","msg":"message"`,
    );
  };
}
