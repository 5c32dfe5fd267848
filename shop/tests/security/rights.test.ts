import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { newSigningKey, publicPart } from "@flotilla/chassis/identity";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { callersOf, system } from "../fixtures/system.ts";
import type { Visitor } from "../fixtures/visitor.ts";
import { forgedTokens } from "./forged-tokens.ts";
import { type Examples, examplesIn } from "./input/examples.ts";
import { stateOf } from "./input/untouched.ts";
import { doorsTo, type Operation, operations, pathOf } from "./operations.ts";
import { recordingServer } from "./recording-server.ts";
import { type Answer, send } from "./send.ts";

let shop: Shop;
let examples: Examples;
let bob: Visitor;

before(async () => {
  shop = await startShop(fileCleanup);
  examples = await examplesIn(shop);
  bob = await shop.customer("Bob");
});

const withAccess = (...accesses: string[]) => operations.filter(({ call }) => accesses.includes(call.shape.access));
const tokenOf = ({ session }: Visitor) => session?.accessToken as string;
const SAME_ID = { "x-request-id": "same-request" };

/** Everything of an answer but what names the request. */
const bytesOf = ({ status, headers, text }: Answer) => {
  const { date, "x-request-id": _, ratelimit, ...rest } = headers;
  return { status, headers: rest, text: text.replace(/"instance":"[^"]*"/, '"instance":""') };
};

describe("what belongs to another is, for everybody else, not there", { concurrency: 4 }, () => {
  const owned = withAccess("customer").filter(({ call }) => call.path.includes("{"));
  test("there are such operations in every service that keeps something of customers", () => {
    const services = new Set(owned.map(({ service }) => service));
    assert.deepEqual([...services].sort(), ["notifications", "orders", "payments", "users"]);
  });

  for (const operation of owned) {
    test(`${operation.name}: another's id and one that nobody has get the same 404, byte for byte`, async () => {
      const { body } = examples.of(operation);
      const ids: Record<string, string> = {
        ...{ users: examples.ann.user.id, orders: examples.ids.order, payments: examples.ids.order },
        notifications: examples.ids.notification,
      };
      for (const { at, base, prefix } of doorsTo(shop, operation)) {
        const ask = (id: string) => {
          const path = prefix + pathOf(operation.call, { id, orderId: id });
          const about = { path, token: tokenOf(bob), headers: SAME_ID, ...(body ? { body } : {}) };
          return send(base, { method: operation.call.method, ...about });
        };
        const anns = await ask(ids[operation.service] as string);
        const nobodys = await ask("0190a000-0000-7000-8000-000000000000");
        assert.deepEqual([anns.status, anns.json.code], [404, "not_found"], at);
        assert.deepEqual(bytesOf(anns), bytesOf(nobodys), at);
      }
    });
  }

  test("lists hold one's own only", async () => {
    for (const operation of withAccess("customer").filter(({ call }) => call.shape.query)) {
      for (const door of doorsTo(shop, operation)) {
        const { status, text } = await examples.ask(operation, door, { token: tokenOf(bob) });
        assert.equal(status, 200);
        for (const id of [examples.ann.user.id, examples.ids.order, examples.ids.notification]) {
          assert.ok(!text.includes(id), `${operation.name} at the ${door.at}`);
        }
      }
    }
  });
});

describe("each operation lets in whom it is for, and nobody else", { concurrency: 4 }, () => {
  for (const operation of withAccess("admin")) {
    test(`${operation.name} is forbidden to customers, whatever the method and whatever else is wrong`, async () => {
      for (const { at, base, prefix } of doorsTo(shop, operation)) {
        const path = prefix + pathOf(operation.call, examples.of(operation).params);
        for (const body of [examples.of(operation).body, { nonsense: true }]) {
          const given = { method: operation.call.method, path, ...(body ? { body } : {}) };
          const { status, json } = await send(base, { ...given, token: tokenOf(bob) });
          assert.deepEqual([status, json.code], [403, "forbidden"], at);
          const unsigned = await send(base, given);
          assert.deepEqual([unsigned.status, unsigned.json.code], [401, "token_missing"], at);
        }
        for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]) {
          if (declared(operation, method)) continue;
          const { status } = await send(base, { method, path, token: tokenOf(bob) });
          assert.ok([400, 403, 404, 405].includes(status), `${method} at the ${at}: ${status}`);
        }
      }
    });
  }

  for (const operation of withAccess("internal")) {
    test(`${operation.name} is not there at the gateway, and for services only at its own`, async () => {
      const { params, body, query } = examples.of(operation);
      const path = `${pathOf(operation.call, params)}${query ? `?${new URLSearchParams(query)}` : ""}`;
      const given = { method: operation.call.method, ...(body ? { body } : {}) };
      const own = await examples.tokenFor(operation);
      for (const token of [undefined, tokenOf(bob), tokenOf(shop.admin), own]) {
        for (const prefix of ["", "/api"]) {
          const { status } = await send(shop.url("gateway"), { ...given, path: prefix + path, token });
          assert.ok([404, 405].includes(status), `${prefix}${path}: ${status}`);
        }
      }
      const elsewhere = await shop.serviceToken("orders", "gateway");
      for (const token of [undefined, tokenOf(bob), tokenOf(shop.admin), elsewhere]) {
        const { status } = await send(shop.url(operation.service), { ...given, path, token });
        assert.equal(status, 401);
      }
    });
  }

  for (const operation of withAccess("customer")) {
    test(`${operation.name} needs a person's token`, async () => {
      for (const door of doorsTo(shop, operation)) {
        const missing = await examples.ask(operation, door, { token: undefined });
        assert.deepEqual([missing.status, missing.json.code], [401, "token_missing"], door.at);
        assert.equal(missing.headers["www-authenticate"], "Bearer");
        const token = await shop.serviceToken("payments", operation.service);
        const { status } = await examples.ask(operation, door, { token });
        assert.ok([401, 403].includes(status), door.at);
      }
    });
  }
});

describe("an internal call is for the services that declare it", { concurrency: 4 }, () => {
  for (const operation of withAccess("internal")) {
    test(`${operation.name} is for the services that declare to call it, and for no other`, async () => {
      const allowed = callersOf(operation);
      const { params, body, query } = examples.of(operation);
      const path = `${pathOf(operation.call, params)}${query ? `?${new URLSearchParams(query)}` : ""}`;
      for (const { name } of system.services) {
        if (name === operation.service) continue;
        const token = await shop.serviceToken(name, operation.service);
        const given = { method: operation.call.method, path, token, ...(body ? { body } : {}) };
        const { status, json } = await send(shop.url(operation.service), given);
        if (allowed.includes(name)) assert.ok(![401, 403].includes(status), `${name} is refused: ${status}`);
        else assert.deepEqual([status, json.code], [403, "forbidden"], `${name} is let in`);
      }
    });
  }

  test("each internal call has one who declares it", () => {
    for (const operation of withAccess("internal")) assert.notDeepEqual(callersOf(operation), [], operation.name);
  });
});

/** Whether the path of the operation is also that of another one, which customers may make. */
const declared = ({ service, call }: Operation, method: string): boolean =>
  operations.some(
    (other) =>
      other.service === service &&
      other.call.path.replace(/\{\w+\}/g, "{}") === call.path.replace(/\{\w+\}/g, "{}") &&
      (other.call.method === method || (method === "HEAD" && other.call.method === "GET")) &&
      other.call.shape.access !== "admin",
  );

test("no forged token opens any door: one answer for all of them, and nothing is fetched", async () => {
  const stranger = (await newSigningKey("a-key")).privateJwk;
  const keyServer = await recordingServer(fileCleanup, JSON.stringify({ keys: [publicPart(stranger)] }));
  const { good, forged } = await forgedTokens(shop, { keyServer: keyServer.url, stranger });
  const doors = ["getMe", "listUsers", "listOrders", "getPayment", "listNotifications", "listMailbox", "setStock"]
    .concat("createProduct")
    .map((name) => operations.find((operation) => operation.name === name) as Operation)
    .flatMap((operation) => doorsTo(shop, operation).map((door) => ({ operation, door })));
  const untouched = await stateOf(shop);
  const answers = new Set<string>();
  for (const { operation, door } of doors) {
    for (const [what, token] of Object.entries(forged)) {
      const answer = await examples.ask(operation, door, { token, headers: SAME_ID });
      assert.equal(answer.status, 401, `${operation.name} at the ${door.at}: ${what}`);
      answers.add(bytesOf(answer).text);
    }
  }
  assert.equal(answers.size, 1);
  assert.match([...answers].join(), /"code":"token_invalid"/);
  assert.equal(keyServer.connections(), 0);
  assert.deepEqual(await stateOf(shop), untouched);
  for (const { operation, door } of doors) {
    const { status } = await examples.ask(operation, door, { token: good });
    assert.ok(status < 300, `${operation.name} at the ${door.at} takes the token that they were made from: ${status}`);
  }
});

test("who sends a token in another way than the one there is, is nobody", async () => {
  const { good } = await forgedTokens(shop, { keyServer: "http://x", stranger: (await newSigningKey("k")).privateJwk });
  const operation = operations.find(({ name }) => name === "listUsers") as Operation;
  for (const { base, prefix, at } of doorsTo(shop, operation)) {
    const path = `${prefix}${operation.call.path}`;
    for (const authorization of [`Basic ${good}`, good, `Bearer ${good}, Bearer ${good}`, `Token ${good}`, "Bearer "]) {
      const { status } = await send(base, { method: "GET", path, headers: { authorization } });
      assert.equal(status, 401, `${at}: ${authorization.slice(0, 10)}`);
    }
    for (const query of [`?access_token=${good}`, `?token=${good}`]) {
      assert.equal((await send(base, { method: "GET", path: path + query })).status, 401, at);
    }
    const headers = { cookie: `access_token=${good}`, "x-user-id": shop.admin.user.id, "x-user-role": "admin" };
    assert.equal((await send(base, { method: "GET", path, headers })).status, 401, at);
  }
});
