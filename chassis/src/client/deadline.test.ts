import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../context/context.ts";
import { Cancellation } from "../core/cancellation.ts";
import { systemClock } from "../core/clock.ts";
import { deadlineExceeded, unavailable } from "../core/failure/failure.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { answerJson } from "../testing/servers/http-server.ts";
import { startDeadline } from "./deadline.ts";
import { thingsClient, thingsServer } from "./things.fixture.ts";

const thing = { id: "t1", size: 3 };
const params = { id: "t1" };

test("a call has 10 seconds, less when it says so, and never more than the work around it", () => {
  const clock = fakeClock();
  const remaining = (deadline?: number, timeout?: number) => {
    const started = startDeadline(clock, { ...newContext(), deadline }, timeout);
    started.close();
    return started.remaining();
  };
  assert.equal(remaining(), 10_000);
  assert.equal(remaining(60_000), 10_000);
  assert.equal(remaining(700), 700);
  assert.equal(remaining(700, 300), 300);
  assert.equal(remaining(700, 900), 700);
  assert.equal(remaining(60_000, 30_000), 30_000);
});

test("the watch over a call ends with it", async () => {
  const clock = fakeClock();
  const deadline = startDeadline(clock, undefined);
  assert.equal(clock.sleepers(), 1);
  deadline.close();
  assert.equal(clock.sleepers(), 0);
});

test("what is left of the time travels with each attempt", async (t) => {
  const clock = fakeClock();
  const server = await thingsServer(t, async (_request, response) => {
    await clock.advance(1_200.5);
    answerJson(response, 503, {});
  });
  const { things } = thingsClient(t, [server.url], { clock, random: () => 0 });
  const call = runInContext({ ...newContext(), deadline: 4_000 }, () => things.getThing({ params }));
  let over = false;
  const outcome = assert.rejects(call, unavailable.is).finally(() => {
    over = true;
  });
  while (!over) await clock.advance(0); // wakes the waits between attempts, which are 0 here
  await outcome;
  assert.deepEqual(
    server.requests.map(({ headers }) => headers["x-deadline-ms"]),
    ["4000", "2799", "1599"],
  );
});

test("a call whose time is over is not made", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const clock = fakeClock();
  await clock.advance(500);
  const { things } = thingsClient(t, [server.url], { clock });
  await assert.rejects(
    runInContext({ ...newContext(), deadline: 500 }, () => things.getThing({ params })),
    deadlineExceeded.is,
  );
  await assert.rejects(things.getThing({ params }, { timeout: 0 }), deadlineExceeded.is);
  assert.equal(server.requests.length, 0);
});

test("an instance that never answers is left when the time is over, and its connection is cut", async (t) => {
  const clock = fakeClock();
  const arrived = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<void>();
  const server = await thingsServer(t, (_request, response) => {
    response.on("close", cut.resolve);
    arrived.resolve();
  });
  const { things } = thingsClient(t, [server.url], { clock });
  const outcome = assert.rejects(things.getThing({ params }, { timeout: 2_000 }), deadlineExceeded.is);
  await arrived.promise;
  await clock.advance(2_000);
  await outcome;
  await cut.promise;
  assert.equal(server.requests.length, 1);
});

test("an answer that trickles in ends with the time as well", async (t) => {
  const clock = fakeClock();
  const begun = Promise.withResolvers<void>();
  const server = await thingsServer(t, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"id":', () => begun.resolve());
  });
  const { things } = thingsClient(t, [server.url], { clock });
  const outcome = assert.rejects(things.getThing({ params }), deadlineExceeded.is);
  await begun.promise;
  await clock.advance(10_000);
  await outcome;
});

test("a caller who leaves ends the call, and calls of one who left are not made", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<void>();
  const server = await thingsServer(t, (_request, response) => {
    response.on("close", cut.resolve);
    arrived.resolve();
  });
  const { things } = thingsClient(t, [server.url]);
  const caller = new Cancellation();
  const context = { ...newContext(), cancellation: caller };
  const outcome = assert.rejects(
    runInContext(context, () => things.getThing({ params })),
    unavailable.is,
  );
  await arrived.promise;
  caller.cancel(unavailable.failure());
  await outcome;
  await cut.promise;
  await assert.rejects(
    runInContext(context, () => things.getThing({ params })),
    unavailable.is,
  );
  assert.equal(server.requests.length, 1);
});

test("a call that gives up while it waits for a connection spares the connection", async (t) => {
  const clock = fakeClock();
  const first = Promise.withResolvers<() => void>();
  const server = await thingsServer(t, (_request, response) => {
    const answer = () => answerJson(response, 200, thing);
    if (server.requests.length > 1) answer();
    first.resolve(answer);
  });
  const { things } = thingsClient(t, [server.url], { clock, connections: 1 });
  const long = things.getThing({ params });
  const answer = await first.promise;
  const short = assert.rejects(things.getThing({ params: { id: "late" } }, { timeout: 100 }), deadlineExceeded.is);
  await clock.advance(100);
  await short;
  answer();
  assert.deepEqual(await long, thing);
  await things.getThing({ params: { id: "next" } });
  assert.equal(server.connections(), 1);
  assert.deepEqual(
    server.requests.map(({ url }) => url),
    ["/things/t1", "/things/next"],
  );
});

test("a call may take longer than a timer of Node.js can wait", async (t) => {
  const server = await thingsServer(t, (_request, response) => setTimeout(() => answerJson(response, 200, thing), 20));
  const { things } = thingsClient(t, [server.url], { clock: systemClock });
  for (const timeout of [2 ** 31, Number.POSITIVE_INFINITY])
    assert.deepEqual(await things.getThing({ params }, { timeout }), thing);
  assert.deepEqual(
    server.requests.map(({ headers }) => headers["x-deadline-ms"]),
    ["999999999", "999999999"],
  );
});
