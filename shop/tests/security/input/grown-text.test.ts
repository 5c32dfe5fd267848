import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "../../fixtures/shop.ts";
import { doorsTo, type Operation, operations } from "../operations.ts";
import { type Place, placesIn, pointerOf, type Schema, withValue } from "./bad-values.ts";
import { type Examples, examplesIn, withBody } from "./examples.ts";

let shop: Shop;
let examples: Examples;
const lines: string[] = [];

before(async () => {
  shop = await startShop(fileCleanup, { log: { write: (line) => void lines.push(line) } });
  examples = await examplesIn(shop);
});

/** Characters whose composed form (NFC) has several, and how many. */
const GROWING = [
  { character: "\u0958", becomes: 2 },
  { character: "\ufb2c", becomes: 3 },
];

type Text = Schema & { readonly maxLength?: number };

/** For each character as many as fit before they are composed, and no longer do afterwards. */
const textsFor = ({ maxLength = 0 }: Text): string[] =>
  GROWING.map(({ character, becomes }) => character.repeat(Math.floor(maxLength / becomes) + 1));

const isText = ({ schema }: Place): boolean => schema.type === "string" && (schema as Text).maxLength !== undefined;

/** Longer ones make a request that is refused for its size. */
const fitsIntoPath = (schema: Schema): boolean => ((schema as Text).maxLength ?? 0) <= 500;

const placesOf = (operation: Operation): Place[] =>
  placesIn(operation.call.shape.body as Schema, examples.of(operation).body).filter(isText);

describe("text that grows when it is composed is judged by the length it then has", () => {
  for (const operation of withBody) {
    test(`${operation.name}, in its body`, async () => {
      for (const { path, schema } of placesOf(operation)) {
        for (const text of textsFor(schema)) {
          for (const door of doorsTo(shop, operation)) {
            const body = withValue(examples.of(operation).body, path, text);
            const { status, json } = await examples.ask(operation, door, { body });
            assert.deepEqual(
              [status, json.code, json.errors[0].path],
              [400, "invalid_input", pointerOf(path)],
              door.at,
            );
          }
        }
      }
    });
  }

  for (const operation of operations.filter(({ call }) => call.shape.query)) {
    test(`${operation.name}, in its query`, async () => {
      const properties = Object.entries((operation.call.shape.query as Schema).properties ?? {});
      for (const [name, schema] of properties) {
        if (!isText({ path: [], schema }) || !fitsIntoPath(schema)) continue;
        for (const text of textsFor(schema)) {
          for (const door of doorsTo(shop, operation)) {
            const path = `${door.prefix}${operation.call.path}?${new URLSearchParams({ [name]: text })}`;
            const { status, json } = await examples.ask(operation, door, { path });
            assert.deepEqual([status, json.errors[0].path], [400, `/query/${name}`], `${name} at the ${door.at}`);
          }
        }
      }
    });
  }

  test("names as they were tried", async () => {
    for (const name of ["\u0958".repeat(60), "\u0958".repeat(51), "\ufb2c".repeat(34)]) {
      const body = { name, email: "growing@mail.example", password: "a good password" };
      const { status } = await shop.visitor().ask("POST", "/api/auth/register", { body });
      assert.equal(status, 400);
    }
  });
});

test("no log tells of the texts", () => {
  assert.ok(lines.length > 0);
  assert.doesNotMatch(lines.join("\n"), /\u0915|\u0958|\ufb2c|\u05e9/);
});
