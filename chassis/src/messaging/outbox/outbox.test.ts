import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { describe, it } from "node:test";
import { Type } from "typebox";
import { newContext, runInContext } from "../../context/context.ts";
import { event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { invalidInput } from "../../core/failure/failure.ts";
import { LARGEST_MESSAGE } from "../envelope.ts";
import type { Message } from "../message.ts";
import { serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { createPublish } from "./outbox.ts";

const body = { thingId: "a", number: 1 };

describe("publishing", () => {
  it("leaves an event in the outbox with the commit, in the context it was published in, and wakes the relay then", async (t) => {
    const { database } = await serviceDatabase(t);
    let woken = 0;
    const publish = createPublish({ service: "things", onCommit: () => woken++ });
    const context = newContext({ requestId: "request-1" });
    await runInContext(context, () =>
      database.transaction(async (tx) => {
        await publish(tx, thingHappened, body);
        equal(woken, 0);
      }),
    );
    equal(woken, 1);
    const rows = await database.query<{ key: string; message: Message }>("select key, message from outbox");
    const [{ key, message }] = rows as [{ key: string; message: Message }];
    const { id, time, ...rest } = message;
    match(id, /^[0-9a-f-]{36}$/);
    match(time, /Z$/);
    deepEqual(rest, {
      type: "thing.happened",
      version: 1,
      key: "a",
      source: "things",
      body,
      requestId: "request-1",
      traceparent: `00-${context.trace.traceId}-${context.trace.spanId}-00`,
    });
    equal(key, "a");
  });

  it("leaves nothing, and wakes nobody, when the transaction is rolled back", async (t) => {
    const { database } = await serviceDatabase(t);
    let woken = 0;
    const publish = createPublish({ service: "things", onCommit: () => woken++ });
    const work = database.transaction(async (tx) => {
      await publish(tx, thingHappened, body);
      throw new Error("changed my mind");
    });
    await rejects(work, /changed my mind/);
    deepEqual(await database.query("select * from outbox"), []);
    equal(woken, 0);
  });

  it("refuses a body that does not fit the event's schema, and says where", async (t) => {
    const { database } = await serviceDatabase(t);
    const publish = createPublish({ service: "things", onCommit: () => {} });
    const work = database.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number: -1 }));
    await rejects(work, invalidInput.is);
    deepEqual(await database.query("select * from outbox"), []);
  });

  it("refuses a message of 10 MB, and says where", async (t) => {
    const { database } = await serviceDatabase(t);
    const publish = createPublish({ service: "things", onCommit: () => {} });
    const told = event("thing.told", { key: "thingId", body: Fields({ thingId: Id, text: Type.String() }) });
    const work = database.transaction((tx) =>
      publish(tx, told, { thingId: "a", text: "x".repeat(10 * LARGEST_MESSAGE) }),
    );
    await rejects(work, invalidInput.is);
    deepEqual(await database.query("select * from outbox"), []);
  });
});
