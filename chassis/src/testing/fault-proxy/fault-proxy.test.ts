import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../eventually.ts";
import { faultProxy } from "./fault-proxy.ts";
import { noAnswers, noRequests, partition } from "./faults.ts";

/** A server that sends back whatever comes, a proxy before it, and a client that remembers what it got. */
async function echo(t: TestContext, seed?: number) {
  const served: { received: string; state: string; socket: Socket }[] = [];
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    const one = { received: "", state: "open", socket };
    served.push(one);
    socket.on("data", (bytes) => {
      one.received += bytes;
      socket.write(bytes);
    });
    socket.on("end", () => (one.state = "ended"));
    socket.on("error", () => (one.state = "reset"));
    t.after(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  const proxy = await faultProxy(t, { port: (server.address() as { port: number }).port }, seed);
  const client = async () => {
    const socket = connect(proxy.port, "127.0.0.1");
    const one = { received: "", state: "open", socket };
    socket.on("data", (bytes) => (one.received += bytes));
    socket.on("end", () => (one.state = "ended"));
    socket.on("error", () => (one.state = "reset"));
    t.after(() => void socket.destroy());
    socket.write("hello");
    await eventually(() => one.received === "hello" || one.state !== "open");
    return one;
  };
  return { proxy, client, served: () => served.at(-1) as (typeof served)[number] };
}

test("without faults bytes and ends go through", async (t) => {
  const { proxy, client, served } = await echo(t);
  const one = await client();
  assert.equal(proxy.connections(), 1);
  one.socket.end(" and goodbye");
  await eventually(() => one.state === "ended" && served().state === "ended");
  assert.equal(one.received, "hello and goodbye");
  await eventually(() => proxy.connections() === 0);
});

test("a delay is kept, with a jitter that keeps the order", async (t) => {
  const { proxy, client } = await echo(t, 7);
  const one = await client();
  proxy.set({ toServer: { delay: 60 }, toClient: { delay: 40, jitter: 40 } });
  const began = performance.now();
  for (const letter of "abcdefghij") {
    one.socket.write(letter);
    await delay(2);
  }
  await eventually(() => one.received === "helloabcdefghij");
  assert.ok(performance.now() - began >= 100);
});

test("a black hole holds back one way or both, and what was sent arrives when it is gone", async (t) => {
  const { proxy, client, served } = await echo(t);
  const one = await client();
  proxy.set(noAnswers);
  one.socket.write("1");
  await eventually(() => served().received === "hello1");
  proxy.set(noRequests);
  await eventually(() => one.received === "hello1");
  one.socket.write("2");
  served().socket.write("told");
  await eventually(() => one.received === "hello1told");
  proxy.set(partition);
  one.socket.write("3");
  served().socket.write("!");
  await delay(30);
  assert.deepEqual([served().received, one.received], ["hello1", "hello1told"]);
  proxy.heal();
  await eventually(() => served().received === "hello123" && one.received.includes("!") && one.received.endsWith("3"));
});

test("a reset reaches both sides", async (t) => {
  const { proxy, client, served } = await echo(t);
  const [first, second] = [await client(), await client()];
  assert.equal(proxy.reset(), 2);
  await eventually(() => first.state === "reset" && second.state === "reset" && served().state === "reset");
  assert.equal(proxy.connections(), 0);
});

test("a connection is cut after so many bytes, and not before", async (t) => {
  const { proxy, client, served } = await echo(t);
  proxy.set({ toServer: { cutAfter: 8 } });
  const one = await client();
  one.socket.write("abcdef");
  await eventually(() => one.state === "reset" && served().state === "reset");
  assert.ok("helloabc".startsWith(served().received), served().received);
});

test("half open: the one side is gone, and the other neither hears of it nor gets an answer", async (t) => {
  for (const gone of ["server", "client"] as const) {
    const { proxy, client, served } = await echo(t);
    const one = await client();
    assert.equal(proxy.halfOpen(gone), 1);
    const [left, other] = gone === "server" ? [one, served()] : [served(), one];
    await eventually(() => other.state === "reset");
    left.socket.write("anybody?");
    await delay(30);
    assert.equal(left.state, "open");
    assert.equal(left.received, "hello");
  }
});

test("forgotten connections stay open and carry nothing, and new ones are well", async (t) => {
  const { proxy, client, served } = await echo(t);
  const one = await client();
  const other = served();
  assert.equal(proxy.forget(), 1);
  one.socket.write("anybody?");
  other.socket.write("no");
  const next = await client();
  assert.deepEqual([one.state, one.received, other.state, other.received], ["open", "hello", "open", "hello"]);
  assert.equal(next.received, "hello");
});

test("refusing turns new connections away and leaves the others alone", async (t) => {
  const { proxy, client } = await echo(t);
  const before = await client();
  proxy.refuse(true);
  assert.equal((await client()).state, "reset");
  before.socket.write("!");
  await eventually(() => before.received === "hello!");
  proxy.refuse(false);
  assert.equal((await client()).state, "open");
});

test("a server that is not there is a connection that is reset", async (t) => {
  const proxy = await faultProxy(t, { port: 1 });
  const socket = connect(proxy.port, "127.0.0.1");
  const over = await new Promise((resolve) => {
    socket.once("error", () => resolve("reset"));
    socket.once("close", () => resolve("closed"));
  });
  assert.equal(over, "reset");
});
