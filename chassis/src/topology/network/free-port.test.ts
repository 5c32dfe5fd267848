import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "./free-port.ts";

test("free ports differ, also before they are used, and are none that the system gives to whoever wants any", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  assert.equal(new Set(ports).size, ports.length);
  assert.deepEqual(
    ports.filter((port) => port < 20_000 || port > 32_000),
    [],
  );
});

test("a port that somebody listens on is not free", async (t) => {
  const taken = createServer();
  t.after(() => taken.close());
  const port = await freePort();
  // When it can't, somebody else does.
  await once(taken.listen(port + 1, "127.0.0.1"), "listening").catch(() => {});
  assert.notEqual(await freePort(), port + 1);
});
