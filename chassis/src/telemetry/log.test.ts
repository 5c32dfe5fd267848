import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../context/context.ts";
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

test("of errors and those behind them the log tells what went wrong, and nothing that a driver hung onto them", () => {
  const { lines, destination } = capture();
  const log = createLog({ service: "users", level: "info", destination });
  const driver = Object.assign(new Error("no"), {
    code: "23514",
    constraint: "positive",
    detail: "hunter2",
    rejected: ["hunter2"],
  });
  log.error({ err: driver }, "by itself");
  log.error({ err: new Error("outer", { cause: driver }) }, "behind another");
  log.error({ err: new AggregateError([driver], "several") }, "among others");
  log.error({ err: { detail: "hunter2" } }, "no error at all");
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  const { message, code, constraint, stack } = (lines[0]?.["err"] ?? {}) as Record<string, string>;
  assert.deepEqual([message, code, constraint], ["no", "23514", "positive"]);
  assert.match(stack ?? "", /log\.test\.ts/);
  assert.match(JSON.stringify(lines[1]), /outer: no/);
});

test("what throws when it is looked at is logged all the same", () => {
  const { lines, destination } = capture();
  const log = createLog({ service: "users", level: "info", destination });
  const unseen = {
    get() {
      throw new Error("no");
    },
  };
  const circle = new Error("round");
  circle.cause = circle;
  const things: unknown[] = [Object.create(null), Symbol("s"), circle];
  for (const field of ["stack", "message", "name", "cause", "code"])
    things.push(Object.defineProperty(new Error("sound"), field, unseen));
  for (const err of things) log.error({ err }, "thrown");
  assert.equal(lines.length, things.length);
});

test("no line has a name twice, whatever fields are called", () => {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  const log = createLog({ service: "orders", level: "info", destination });
  runInContext(newContext(), () =>
    log.info({ service: "users", level: 3, time: "noon", requestId: "mine", traceId: "t" }, "told"),
  );
  const [line = ""] = written;
  const names = Array.from(line.matchAll(/"(\w+)":/g), ([, name]) => name);
  assert.equal(new Set(names).size, names.length, line);
  assert.deepEqual([JSON.parse(line).service, JSON.parse(line).service_], ["orders", "users"]);
});

test("fields that tell who somebody is are hidden like secrets", () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: "users", level: "info", destination, personal: new Set(["email"]) });
  log.info({ email: "ann@mail.example", user: { email: "ann@mail.example", id: "u1" } }, "hello");
  assert.doesNotMatch(lines.join(), /ann@/);
  assert.match(lines.join(), /"id":"u1"/);
});
