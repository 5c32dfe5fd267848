import assert from "node:assert/strict";
import { anonymous } from "@flotilla/chassis/identity";
import type { EventHandler, Message, Publish } from "@flotilla/chassis/messaging";
import { Answer } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, fakeClock, testDatabase } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import type { NewProduct, Product } from "@flotilla/contracts/products";
import { jsonValidator } from "../../../chassis/src/contract/validate.ts";
import type { calls } from "./calls.ts";
import { service } from "./service.ts";

type Calls = ReturnType<typeof calls>;
type Body<Name extends keyof Calls> = Exclude<Awaited<ReturnType<Calls[Name]>>, Answer<unknown>>;
type Given = { params?: object; query?: object; body?: object; headers?: Record<string, string> };
type Published = { type: string; body: { productId: string; version: number; initialStock?: number } };

/** The products service on a database of its own: its calls, what it hears, and the events it published. */
export async function productsUnderTest(t: Cleanup) {
  const { database } = await testDatabase(t, [
    { name: "products", folder: new URL("../migrations/", import.meta.url) },
  ]);
  const clock = fakeClock();
  const published: Published[] = [];
  const places: number[] = [];
  let written = 0;
  const publish: Publish = async (tx, event, body) => {
    jsonValidator(event.body)(body);
    // In the order of writing, as the outbox has them: commits on several connections are heard of in any order.
    const place = written++;
    tx.afterCommit(() => {
      places.push(place);
      places.sort((a, b) => a - b);
      published.splice(places.indexOf(place), 0, { type: event.type, body: body as Published["body"] });
    });
  };
  const wiring = await service.wire({
    config: {},
    database,
    publish,
    clock,
    log: createLog({ service: "products", level: "silent" }),
    startSaga: () => assert.fail("products has no sagas"),
    startSagaAlone: () => assert.fail("products has no sagas"),
    clients: {},
  });

  async function call<Name extends keyof Calls>(name: Name, given: Given = {}): Promise<Answer<Body<Name>>> {
    const blank = { params: {}, query: {}, headers: {}, key: "", caller: anonymous };
    const reply = await wiring.answers[name]({ ...blank, ...given, signal: new AbortController().signal } as never);
    return (reply instanceof Answer ? reply : new Answer(200, reply)) as Answer<Body<Name>>;
  }

  return {
    database,
    clock,
    published,
    call,
    prepare: async () => wiring.prepare?.(),
    async add(given: Partial<NewProduct> = {}): Promise<Product> {
      const body = { name: "Lamp", description: "", category: "Lamps", price: euros(8_400), ...given };
      return (await call("createProduct", { body })).body as Product;
    },
    get: (id: string, headers: Record<string, string> = {}) => call("getProduct", { params: { id }, headers }),
    async list(query: { search?: string; category?: string; limit?: number; cursor?: string } = {}) {
      const { body } = await call("listProducts", { query: { limit: 20, ...query } });
      assert.ok(body);
      return body;
    },
    /** Lets the service hear of a change of the stock. */
    async hearStock(productId: string, available: number, version: number): Promise<void> {
      const body = { productId, available, reserved: 0, sold: 0, version };
      for (const { event, handle } of wiring.consumes ?? []) {
        assert.equal(event.type, "stock.changed");
        const handler = handle as EventHandler<typeof body>;
        await database.transaction((tx) => handler(body, tx, {} as Message));
      }
    },
  };
}
