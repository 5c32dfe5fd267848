import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import type { ConfigurationError } from "../../core/configuration/config.ts";
import type { BrokerState } from "../../messaging/brokers/broker.ts";
import { memoryBroker } from "../../messaging/brokers/memory/memory-broker.ts";
import { on } from "../../messaging/messaging.ts";
import { decidedSaga } from "../../saga/definition/saga.ts";
import { eventually } from "../../testing/eventually.ts";
import { startInProcess } from "../../testing/in-process.ts";
import { defineService } from "../definition.ts";
import { startService } from "./host.ts";

const thingMade = event("thing.made", { key: "id", body: Fields({ id: Id }) });
const handled = on(thingMade, async () => {});

test("what a service publishes before another is up reaches that one, since what each wants was declared first", async (t) => {
  const teller = defineService(contract("teller", { events: { thingMade } }), {
    wire: ({ database, publish }) => ({
      prepare: () => database.transaction((tx) => publish(tx, thingMade, { id: "first" })),
    }),
  });
  const heard: string[] = [];
  const hearer = defineService(contract("hearer"), {
    consumes: [on(thingMade, async ({ id }) => void heard.push(id))],
  });
  const broker = memoryBroker();
  // As the list of services says at the first start of a system.
  await broker.declare(new Map([[thingMade.type, ["hearer"]]]));
  const early = await startInProcess(t, [{ service: teller }], broker);
  await eventually(async () => {
    const unsent = await early.database("teller").query("select 1 from outbox where sent_at is null");
    return unsent.length === 0;
  });
  await startInProcess(t, [{ service: hearer }], broker);
  await eventually(() => heard.length === 1);
  assert.deepEqual(heard, ["first"]);
});

test("a service starts its sagas with what else a transaction changes, or by themselves, and runs them", async (t) => {
  const ended: string[] = [];
  const greeting = decidedSaga("greet", Fields({ id: Id }))
    .step("greet", { do: async ({ id }) => void ended.push(id) })
    .ends();
  const greeter = defineService(contract("greeter"), {
    wire: ({ database, startSaga, startSagaAlone }) => ({
      sagas: [greeting],
      async prepare() {
        await database.transaction((tx) => startSaga(tx, greeting, { key: "1", input: { id: "within" } }));
        await startSagaAlone(greeting, { key: "2", input: { id: "alone" } });
      },
    }),
  });
  await startInProcess(t, [{ service: greeter }]);
  await eventually(() => ended.length === 2);
  assert.deepEqual(ended.toSorted(), ["alone", "within"]);
});

test("the handler of an event comes with its declaration or from wire, and each declared event has exactly one", async (t) => {
  const broken: [RegExp, Parameters<typeof defineService>[1]][] = [
    [/stranger consumes thing\.made without a handler/, { consumes: [thingMade] }],
    [/stranger handles thing\.made, which is not in its `consumes`/, { wire: () => ({ consumes: [handled] }) }],
    [/stranger has two handlers for thing\.made/, { consumes: [handled], wire: () => ({ consumes: [handled] }) }],
  ];
  for (const [fault, options] of broken) {
    const starting = startInProcess(t, [{ service: defineService(contract("stranger"), options) }]);
    await assert.rejects(starting, fault);
  }
  const sound = defineService(contract("stranger"), { consumes: [thingMade], wire: () => ({ consumes: [handled] }) });
  await startInProcess(t, [{ service: sound }]);
});

test("a service with calls and nothing that answers them can't be written down", () => {
  const calls = { make: call("PUT /things/{id}", { access: "public", replies: { 204: null } }) };
  assert.throws(() => defineService(contract("mute", { calls }), {}), /mute has calls, and no `wire`/);
});

test("wrong settings are reported all at once, the host's and the service's own", async () => {
  const service = defineService(contract("picky"), {
    config: Type.Object({ TASTE: Type.String({ minLength: 3 }) }),
  });
  const environment = { DATABASE_URL: "mysql://db", BROKER_URL: "memory:", TASTE: "x", SERVICE_KEY_FILE: "k" };
  await assert.rejects(startService(service, { environment }), (error: ConfigurationError) => {
    assert.deepEqual(error.faults.map((fault) => fault.split(" ")[0]).toSorted(), [
      "DATABASE_URL",
      "SERVICE_PUBLIC_KEYS_FILE",
      "TASTE",
    ]);
    return true;
  });
});

test("a stop lets what is under way end, and sends what is in the outbox", async (t) => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = defineService(
    contract("slow", {
      calls: { make: call("PUT /things/{id}", { summary: "Make", access: "public", replies: { 204: null } }) },
      events: { thingMade },
    }),
    {
      wire: ({ database, publish }) => ({
        async make({ params }) {
          begun.resolve();
          await goOn.promise;
          await database.transaction((tx) => publish(tx, thingMade, { id: params.id }));
          return undefined;
        },
      }),
    },
  );
  const broker = memoryBroker();
  await broker.declare(new Map([[thingMade.type, ["hearer"]]]));
  const shop = await startInProcess(t, [{ service: slow }], broker);
  const answer = fetch(`${shop.url("slow")}/things/t1`, { method: "PUT" });
  await begun.promise;
  const restarted = shop.restart("slow");
  goOn.resolve();
  assert.equal((await answer).status, 204);
  await restarted;
  const heard: string[] = [];
  await broker.subscribe({
    consumer: "hearer",
    types: [thingMade.type],
    concurrency: 1,
    async handle({ message }) {
      heard.push((message.body as { id: string }).id);
      return "done";
    },
  });
  await eventually(() => heard.length === 1);
  assert.deepEqual(heard, ["t1"]);
});

test("a service whose broker takes nothing says so, and is ready all the same", async (t) => {
  const quiet = defineService(contract("quiet"), {});
  let state: BrokerState = "connected";
  const broker = { ...memoryBroker(), state: () => state };
  const running = await startInProcess(t, [{ service: quiet }], broker);
  for (state of ["connected", "blocked", "away"] as const) {
    const answer = await fetch(`${running.url("quiet")}/health/ready`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: "healthy", service: "quiet", broker: state });
  }
});

test("who asks while the event loop stands still hears that the service is not ready, and a moment later that it is", async (t) => {
  const idler = defineService(contract("idler"), {});
  const { url } = await startInProcess(t, [{ service: idler }]);
  const ready = new URL("/health/ready", url("idler"));
  await eventually(async () => (await fetch(ready)).ok);
  const socket = connect(Number(ready.port), ready.hostname);
  t.after(() => void socket.destroy());
  await once(socket, "connect");
  // It has left when this returns, and is read when the loop goes on.
  socket.write(`GET ${ready.pathname} HTTP/1.1\r\nhost: ${ready.host}\r\n\r\n`);
  const end = performance.now() + 1_500;
  while (performance.now() < end);
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 503 /);
  await eventually(async () => (await fetch(ready)).ok);
});

test("a system without an identity service runs: no token of a person is good there", async (t) => {
  const calls = {
    show: call("GET /things", { access: "customer", replies: { 204: null } }),
    list: call("GET /list", { access: "public", replies: { 204: null } }),
  };
  const answers = { show: async () => undefined, list: async () => undefined };
  const lonely = defineService(contract("lonely", { calls }), { wire: () => answers });
  const { url } = await startInProcess(t, [{ service: lonely, environment: { IDENTITY_SERVICE: "" } }]);
  assert.equal((await fetch(`${url("lonely")}/list`)).status, 204);
  const headers = { authorization: "Bearer eyJhbGciOiJFZERTQSJ9.e30.x" };
  assert.equal((await fetch(`${url("lonely")}/things`, { headers })).status, 401);
});
