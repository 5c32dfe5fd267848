import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "../../fixtures/shop.ts";
import { doorsTo, type Operation, operations } from "../operations.ts";
import type { Answer } from "../send.ts";
import { against } from "./bad-statements.ts";
import { asText, badValuesFor, placesIn, pointerOf, type Schema, withValue } from "./bad-values.ts";
import { type Examples, examplesIn, withBody } from "./examples.ts";
import { inner, oddPaths, sendBytes, smuggling, statusesOf } from "./raw-bytes.ts";
import { stateOf } from "./untouched.ts";

let shop: Shop;
let examples: Examples;
let state: Record<string, string>;

before(async () => {
  shop = await startShop(fileCleanup, { environment: { gateway: { RATE_LIMIT_SIGN_IN: "1000000" } } });
  examples = await examplesIn(shop);
  state = await stateOf(shop);
});

const everyDoor = async (operation: Operation, work: (door: ReturnType<typeof doorsTo>[number]) => Promise<void>) => {
  for (const door of doorsTo(shop, operation)) await work(door);
};

function assertProblem({ status, headers, json }: Answer, statuses: readonly number[], what: string): void {
  assert.ok(statuses.includes(status), `${what}: ${status} ${JSON.stringify(json)}`);
  assert.match(headers["content-type"] ?? "", /^application\/problem\+json/, what);
  assert.equal(json.status, status, what);
}

/** The body with a bad value at each of its places; `path` is what the answer has to name. */
function* badBodies(operation: Operation): Iterable<{ text: string; path: string }> {
  const { body } = examples.of(operation);
  for (const { path, schema } of placesIn(operation.call.shape.body as Schema, body)) {
    for (const value of badValuesFor(schema)) {
      yield { text: asText(withValue(body, path, value)), path: pointerOf(path) };
    }
  }
}

/** What a client might hope that somebody takes over. */
const WISHES = {
  id: "x",
  role: "admin",
  userId: "x",
  status: "confirmed",
  price: 1,
  total: 1,
  version: 9,
  createdAt: "",
};

const hostile: [string, Buffer | string, Record<string, string>][] = [
  ["JSON 10,000 deep", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, {}],
  ["a megabyte of openings", '{"a":'.repeat(200_000), {}],
  ["100,000 keys", `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`).join()}}`, {}],
  ["5,000 keys", `{${Array.from({ length: 5_000 }, (_, n) => `"k${n}":1`).join()}}`, {}],
  ["a gzip bomb", gzipSync(Buffer.alloc(10_000_000, " ")), { "content-encoding": "gzip" }],
  ["half of it", '{"a":', {}],
  ["two of them", "{}{}", {}],
  ["no object", "7", {}],
];

/** Bodies that change prototypes when they are merged carelessly. */
const polluting = ['"__proto__":{"polluted":true}', '"constructor":{"prototype":{"polluted":true}}'];

const foreignTypes = ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "*"];

describe("each operation with a body, through the gateway and at its service", { concurrency: 4 }, () => {
  for (const operation of withBody) {
    const { name, call } = operation;

    test(`${name} refuses bad values by their paths`, () =>
      everyDoor(operation, async (door) => {
        for (const { text, path } of badBodies(operation)) {
          const what = `${door.at} ${text.slice(0, 200)}`;
          const answer = await examples.ask(operation, door, { body: text });
          assertProblem(answer, [400], what);
          const named = answer.json.errors.map((error: { path: string }) => error.path);
          assert.ok(
            named.some((each: string) => each === path || each.startsWith(`${path}/`)),
            `${what}: ${named}`,
          );
        }
      }));

    test(`${name} refuses fields that are not the client's to set`, () =>
      everyDoor(operation, async (door) => {
        for (const { path, schema } of placesIn(call.shape.body as Schema, examples.of(operation).body)) {
          if (schema.type !== "object") continue;
          for (const [field, value] of Object.entries(WISHES)) {
            if (field in (schema.properties ?? {})) continue;
            const body = withValue(examples.of(operation).body, [...path, field], value);
            const answer = await examples.ask(operation, door, { body });
            assertProblem(answer, [400], `${door.at} ${field}`);
            const named = answer.json.errors.map((error: { path: string }) => error.path);
            assert.ok(named.includes(pointerOf([...path, field])), `${field}: ${named}`);
          }
        }
      }));

    test(`${name} refuses bodies that are none, or meant to hurt`, () =>
      everyDoor(operation, async (door) => {
        for (const [what, body, headers] of hostile) {
          assertProblem(await examples.ask(operation, door, { body, headers }), [400, 413, 415], `${door.at} ${what}`);
        }
        // Where nothing in it is required, it may be missing as a whole.
        if ((call.shape.body as { required?: string[] }).required?.length)
          assertProblem(await examples.ask(operation, door, { body: "" }), [400], `${door.at} nothing`);
        for (const field of polluting) {
          const body = JSON.stringify(examples.of(operation).body).replaceAll("{", `{${field},`);
          assertProblem(await examples.ask(operation, door, { body }), [400], `${door.at} ${field}`);
        }
        for (const type of foreignTypes) {
          const answer = await examples.ask(operation, door, { headers: { "content-type": type } });
          assertProblem(answer, [415], `${door.at} ${type}`);
        }
      }));
  }
});

describe("each operation with a query or a path parameter", { concurrency: 4 }, () => {
  for (const operation of operations.filter(({ call }) => call.shape.query)) {
    test(`${operation.name} refuses a query that its contract does not know`, () =>
      everyDoor(operation, async (door) => {
        const properties = Object.entries<Schema>(operation.call.shape.query?.properties ?? {});
        const bad = properties.flatMap(([name, { type }]) => [
          ...[`${name}=%00`, `${name}=${"x".repeat(6_000)}`, `${name}=a&${name}=b`, `${name}[a]=1`],
          ...(type === "integer" ? ["", "0", "-1", "1.5", "1e1", "x", "9".repeat(30)].map((v) => `${name}=${v}`) : []),
        ]);
        for (const query of [...bad, "unknown=1", "__proto__=1"]) {
          const path = `${door.prefix}${operation.call.path}?${query}`;
          const answer = await examples.ask(operation, door, { path });
          assertProblem(answer, [400], `${door.at} ${query.slice(0, 80)}`);
        }
      }));
  }

  for (const operation of operations.filter(({ call }) => call.path.includes("{"))) {
    test(`${operation.name} takes no id that can't be one`, () =>
      everyDoor(operation, async (door) => {
        for (const id of ["%00", "a%00b", "%ed%a0%80", "a%20b", "%27%20or%201=1", "x".repeat(65), "%c3", "caf%C3%A9"]) {
          const path = door.prefix + operation.call.path.replaceAll(/\{\w+\}/g, id);
          const answer = await examples.ask(operation, door, { path });
          assertProblem(answer, [400, 404, 414], `${door.at} ${id}`);
        }
      }));
  }

  for (const operation of operations.filter(({ call }) => call.shape.idempotencyKey)) {
    test(`${operation.name} takes no key that is too long or can't be seen`, () =>
      everyDoor(operation, async (door) => {
        for (const key of ["k".repeat(256), "a b", "k\u00e9"]) {
          const answer = await examples.ask(operation, door, { headers: { "idempotency-key": key } });
          assertProblem(answer, [400], `${door.at} ${key.slice(0, 20)}`);
        }
        if (operation.call.shape.idempotencyKey !== "required") return;
        const answer = await examples.ask(operation, door, { headers: { "idempotency-key": "" } });
        assert.equal(answer.json.code, "idempotency_key_required");
      }));
  }
});

describe("bytes that two readers could take for two things, at each service", { concurrency: 4 }, () => {
  for (const service of new Set(operations.map((each) => each.service))) {
    test(`${service} answers one request or none, and ends the connection`, async () => {
      for (const [what, bytes] of Object.entries(smuggling)) {
        const { text, closed } = await sendBytes(shop.url(service), bytes + inner);
        const [status = 400, ...others] = statusesOf(text);
        assert.ok(status >= 400 && status < 500, `${what}: ${text.slice(0, 200)}`);
        // What is hidden in it would be answered with 404; what can't be read ends in a 400 behind an answer that came early.
        assert.ok(closed && others.every((other) => other === 400), `${what}: ${status} ${others}`);
      }
    });
  }
});

test("a path that another reader could take for something else leads nowhere at a service either", async () => {
  for (const path of oddPaths) {
    const { text } = await sendBytes(
      shop.url("products"),
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    const [status = 0] = statusesOf(text);
    assert.ok([400, 404, 405].includes(status), `${path}: ${text.slice(0, 200)}`);
  }
});

test("after all of that nothing was changed anywhere, in databases or in prototypes", async () => {
  assert.deepEqual(await stateOf(shop), state);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(({} as Record<string, unknown>)["a"], undefined);
});

test("what services would refuse the checks of their databases refuse as well", async () => {
  for (const [service, statement] of against) {
    const refused = ({ cause = {}, code }: { code?: string; cause?: { code?: string } }) =>
      assert.equal(cause.code ?? code, "23514", statement) === undefined;
    await assert.rejects(shop.database(service).query(statement), refused, statement);
    await takeWithoutChecks(service, statement);
  }
});

/** Does the statement where the table has no checks, and takes both back. */
async function takeWithoutChecks(service: string, statement: string): Promise<void> {
  const table = statement.split(" ")[1];
  const done = new Error("done");
  const work = shop.database(service).transaction(async (tx) => {
    await tx.query(`do $$ declare found record; begin
      for found in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'c' loop
        execute format('alter table ${table} drop constraint %I', found.conname);
      end loop; end $$`);
    await tx.query(statement);
    throw done;
  });
  await assert.rejects(work, done, statement);
}

test("the dearest order there can be is added up without a slip", async () => {
  const dearest = await shop.admin.addProduct({ name: "Flagship", price: 100_000_000 }, 0);
  const items = Array(50).fill({ productId: dearest.id, quantity: 1_000_000 });
  const { status, body } = await examples.ann.placeOrder({ items, payment: { method: "pm_card_visa" } }, "dearest");
  assert.deepEqual([status, body.status, body.reason], [201, "rejected", "out_of_stock"]);
  assert.equal(body.total.amount, 50 * 1_000_000 * 100_000_000);
});

test("each operation does take its example, so that what was refused was refused for what was bad", async () => {
  for (const operation of operations) {
    const [door] = doorsTo(shop, operation);
    assert.ok(door);
    const { status, text } = await examples.ask(operation, door);
    assert.ok(status >= 200 && status < 300, `${operation.name}: ${status} ${text}`);
  }
});
