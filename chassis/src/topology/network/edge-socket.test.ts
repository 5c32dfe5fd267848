import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { holdEdge } from "./edge-socket.ts";

const noDescriptors = process.platform === "win32" && "sockets have no file descriptors here";

const server = `
  const server = require("node:http").createServer((_, response) => response.end(String(process.pid)));
  server.listen({ fd: 4 }, () => process.send("ready"));
  process.on("message", () => server.close(() => process.exit()));`;

/** A process that answers with its id on the socket until it is stopped. */
async function serve(t: TestContext, fd: number) {
  const child = spawn(process.execPath, ["-e", server], { stdio: ["ignore", "ignore", "inherit", "ipc", fd] });
  t.after(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return {
    pid: String(child.pid),
    async stop() {
      const exited = once(child, "exit");
      child.send("stop");
      await exited;
    },
  };
}

test("who connects while nobody serves waits for the next process, and several can serve at once", {
  skip: noDescriptors,
}, async (t) => {
  const edge = await holdEdge("localhost", 0);
  assert.ok(edge);
  t.after(() => edge.close());
  const ask = async () => (await fetch(`http://localhost:${edge.port}/`, { headers: { connection: "close" } })).text();
  const first = await serve(t, edge.fd);
  assert.equal(await ask(), first.pid);
  await first.stop();
  const waiting = ask();
  const second = await serve(t, edge.fd);
  assert.equal(await waiting, second.pid);
  const third = await serve(t, edge.fd);
  await second.stop();
  assert.equal(await ask(), third.pid);
});

test("an address that is taken is refused with the system's word", { skip: noDescriptors }, async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await assert.rejects(holdEdge("127.0.0.1", port), { code: "EADDRINUSE" });
});
