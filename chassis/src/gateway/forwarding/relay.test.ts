import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { Asker } from "../../client/transports/http/connection.ts";
import type { ConnectionPool } from "../../client/transports/http/connection-pool.ts";
import { relay } from "./relay.ts";

test("a reader that is slow slows the service down, and lets it go on when it has caught up", async () => {
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const asked = Promise.withResolvers<Asker>();
  const pool = {
    ask(_: unknown, asker: Asker) {
      asked.resolve(asker);
      return { cancel: step("cancel"), resume: step("resume") };
    },
  };
  let full = true;
  const response = Object.assign(new EventEmitter(), {
    write: () => !full,
    end: step("end"),
    flushHeaders() {},
    headersSent: false,
  });

  const outcome = relay(
    pool as unknown as ConnectionPool,
    { method: "GET", path: "/", headers: [], body: undefined },
    response as unknown as ServerResponse,
    {
      service: "library",
      timeout: 0,
      stopping: new AbortController().signal,
      onWaited() {},
      onOffer() {},
      onLarge() {},
      begin() {
        steps.push("begin");
        return response as unknown as ServerResponse;
      },
    },
  );
  const asker = await asked.promise;
  asker.onHead({ status: 200, headers: ["x-service", "library"], body: "chunked", offersMultiplex: false }, undefined);
  assert.equal(asker.onData(Buffer.from("a")), false, "the connection is told to wait");
  response.emit("drain");
  full = false;
  assert.equal(asker.onData(Buffer.from("b")), true);
  asker.onEnd();
  assert.deepEqual(steps, ["begin", "resume", "end"]);
  assert.deepEqual(await outcome, { answer: undefined, told: "good" });
});
