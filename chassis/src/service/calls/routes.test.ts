import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { anonymous } from "../../identity/caller.ts";
import { createLog } from "../../telemetry/log.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { createHttpServer } from "../http/http-server.ts";
import { addRoutes } from "./routes.ts";

const things = contract("things", {
  calls: { linger: call("GET /linger", { summary: "Linger", access: "public", replies: { 204: null } }) },
  events: {},
});

test("work whose caller leaves is told so", async (t) => {
  const health = { service: "things", ready: () => true, draining: () => false, reachable: async () => true };
  const server = createHttpServer(health, createLog({ service: "things", level: "silent" }), createMetrics("things"));
  const lingering = Promise.withResolvers<AbortSignal>();
  const handlers = {
    linger({ signal }: { signal: AbortSignal }) {
      lingering.resolve(signal);
      return once(signal, "abort").then(() => undefined);
    },
  };
  addRoutes(server, things, handlers, { verify: async () => anonymous, health, stopping: new Cancellation() });
  t.after(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const leaving = new AbortController();
  const asked = fetch(`${url}/linger`, { signal: leaving.signal });
  const signal = await lingering.promise;
  leaving.abort();
  await assert.rejects(asked);
  if (!signal.aborted) await once(signal, "abort");
  assert.ok(unavailable.is(signal.reason));
});
