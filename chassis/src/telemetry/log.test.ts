import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "./context.ts";
import { createLog } from "./log.ts";

function capture(): { lines: Record<string, unknown>[]; destination: { write(line: string): void } } {
  const lines: Record<string, unknown>[] = [];
  return { lines, destination: { write: (line) => void lines.push(JSON.parse(line)) } };
}

test("each line names the service and the request and trace it belongs to", () => {
  const { lines, destination } = capture();
  const log = createLog({ service: "orders", level: "info", destination });
  const context = newContext({ requestId: "r1" });
  runInContext(context, () => log.info({ orderId: "o1" }, "order placed"));
  const { service, requestId, traceId, orderId, msg, level } = lines[0] ?? {};
  assert.deepEqual([service, requestId, traceId, orderId], ["orders", "r1", context.trace.traceId, "o1"]);
  assert.deepEqual([msg, level], ["order placed", "info"]);
});

test("secrets do not reach the log", () => {
  const { lines, destination } = capture();
  const log = createLog({ service: "users", level: "info", destination });
  log.info({ password: "hunter2", body: { refreshToken: "hunter2" }, headers: { authorization: "hunter2" } }, "hello");
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
});
