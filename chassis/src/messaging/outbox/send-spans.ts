import { parseTraceparent, startTrace, type TraceContext } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import { beginPeriod } from "../../telemetry/tracing/span.ts";
import type { Published } from "../brokers/broker.ts";
import type { Message } from "../message.ts";

/**
 * Notes that messages are on their way to the broker; what it returns is called with what became of each (nothing: that is not known).
 * A batch holds messages of many traces: each that is sampled gets a span of its own there.
 */
export function beginSending(
  tracer: Tracer | undefined,
  messages: readonly Message[],
): (results: readonly Published[]) => void {
  const record = tracer?.record;
  const sampled = record ? messages.flatMap((message, index) => parentOf(message, index)) : [];
  if (!record || sampled.length === 0) return () => {};
  const endPeriod = beginPeriod();
  return (results) => {
    const period = endPeriod();
    for (const { message, index, parent } of sampled) {
      const failed = results[index] !== "confirmed";
      record({
        name: `send ${message.type}`,
        kind: "client",
        trace: startTrace(parent),
        parentId: parent.spanId,
        ...period,
        failed,
        attributes: {
          "messaging.system": "flotilla",
          "messaging.operation.name": "send",
          "messaging.operation.type": "send",
          "messaging.destination.name": message.type,
          "messaging.batch.message_count": messages.length,
          ...(failed && { "error.type": results.length === 0 ? "unknown_outcome" : "refused" }),
        },
      });
    }
  };
}

type Sampled = { readonly message: Message; readonly index: number; readonly parent: TraceContext };

function parentOf(message: Message, index: number): Sampled[] {
  const parent = parseTraceparent(message.traceparent);
  return parent?.sampled ? [{ message, index, parent }] : [];
}
