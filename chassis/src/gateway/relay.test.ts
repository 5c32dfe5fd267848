import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { Dispatcher } from "undici";
import { relay } from "./relay.ts";

test("a reader that is slow slows the service down, and lets it go on when it has caught up", async () => {
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const controller = { abort: step("abort"), pause: step("pause"), resume: step("resume") };
  let handler: Dispatcher.DispatchHandler = {};
  const dispatch = (_: unknown, given: Dispatcher.DispatchHandler) => {
    handler = given;
    return true;
  };
  let full = true;
  const response = Object.assign(new EventEmitter(), {
    write: () => !full,
    end: step("end"),
    flushHeaders() {},
    headersSent: false,
  });

  const outcome = relay(
    { dispatch } as unknown as Dispatcher,
    { method: "GET", path: "/", headers: [], body: undefined },
    response as unknown as ServerResponse,
    { timeout: 0, stopping: new AbortController().signal, begin: step("begin") },
  );
  const started = controller as unknown as Dispatcher.DispatchController;
  handler.onRequestStart?.(started, {});
  handler.onResponseStart?.(started, 200, {});
  handler.onResponseData?.(started, Buffer.from("a"));
  assert.deepEqual(steps, ["begin", "pause"]);
  response.emit("drain");
  full = false;
  handler.onResponseData?.(started, Buffer.from("b"));
  handler.onResponseEnd?.(started, {});
  assert.deepEqual(steps, ["begin", "pause", "resume", "end"]);
  assert.equal(await outcome, "answered");
});
