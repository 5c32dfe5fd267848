import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import fc from "fast-check";
import { Problem } from "../../../../chassis/src/contract/schema.ts";
import { type Shop, startShop } from "../../fixtures/shop.ts";
import { type MadeUser, madeUsers } from "../made-users.ts";
import { doorsTo, type Operation, operations, pathOf } from "../operations.ts";
import type { Answer } from "../send.ts";
import { type Examples, examplesIn } from "./examples.ts";
import { fits, fitting, isForbiddenText, type Spoiling, spoil, spoiling } from "./generate.ts";

/** Cases of each operation at each of its two doors; CI takes 250, 500 of each operation. */
const CASES = Number(process.env["SECURITY_CASES"] ?? 10);
/** The same cases in every run, so that a red one tells of a change and not of a draw; another number draws others. */
const SEED = Number(process.env["SECURITY_SEED"] ?? 20_261_128);

let shop: Shop;
let examples: Examples;
let makeUser: () => Promise<MadeUser>;

before(async () => {
  shop = await startShop(fileCleanup, { environment: { gateway: { RATE_LIMIT_SIGN_IN: "1000000" } } });
  examples = await examplesIn(shop);
  makeUser = await madeUsers(shop, examples.ann.user.id);
});

/** Parts of a request; `damage` is what is done to the body. */
type Case = { params: Record<string, string>; query: string[][]; body: unknown; damage: Spoiling | undefined };

function casesOf(operation: Operation): fc.Arbitrary<Case> {
  const { params = {}, query, body } = examples.of(operation);
  const { shape } = operation.call;
  const odd = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 70 }),
    fc.constantFrom("me", "..", "%00", "-"),
  );
  const values = Object.entries(params).map(([name, known]) => [
    name,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(known) },
      { weight: 1, arbitrary: odd.map((text) => text.toWellFormed()) },
    ),
  ]);
  const known = fc.constant(Object.entries(query ?? {}));
  const drawn = shape.query
    ? fitting(shape.query as never).map((fields) =>
        Object.entries(fields as object).map(([name, value]) => [name, String(value)]),
      )
    : known;
  const wild = fc.array(fc.tuple(fc.constantFrom("limit", "cursor", "search", "x"), odd), { maxLength: 3 });
  return fc.record({
    params: fc.record(Object.fromEntries(values)) as fc.Arbitrary<Record<string, string>>,
    query: fc.oneof(known, drawn, wild) as fc.Arbitrary<string[][]>,
    body: shape.body ? fc.oneof(fc.constant(body), fitting(shape.body as never)) : fc.constant(undefined),
    damage: fc.option(spoiling, { nil: undefined }),
  });
}

/** Whoever closes accounts and ends sessions in a case needs a new one in the next. */
const endsWithIt = ["logout", "deleteUser", "updateUser"];

/** With these methods the simulated card company does not answer at first: that it is not available is the truth. */
const isAwayFor = (body: unknown): boolean =>
  ["pm_card_flaky", "pm_card_lost_answer"].includes((body as { method?: string } | undefined)?.method ?? "");

function assertGoodAnswer(operation: Operation, { status, headers, text, json }: Answer): void {
  const { replies } = operation.call.shape;
  assert.ok(status < 500, `${status} ${text}`);
  if (status >= 400) {
    assert.match(headers["content-type"] ?? "", /^application\/problem\+json/);
    if (text !== "") assert.ok(fits(Problem, json), text);
    return;
  }
  assert.ok(status in replies, `${status} is not a reply of ${operation.name}`);
  const schema = replies[status];
  if (schema && !("contentMediaType" in schema)) assert.ok(fits(schema, json), `not as its schema says: ${text}`);
}

/** A value as it arrives: what JSON has no words for is not in it. */
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const queryFits = ({ call }: Operation, query: string[][]): boolean => {
  const properties = (call.shape.query?.properties ?? {}) as Record<string, { type?: string }>;
  const values = query.map(([name = "", text = ""]) => [
    name,
    properties[name]?.type === "integer" ? numberIn(text) : text,
  ]);
  const hasTwice = new Set(query.map(([name]) => name)).size < query.length;
  return !hasTwice && fits(call.shape.query as never, Object.fromEntries(values));
};

const numberIn = (text: string): unknown => (/^-?(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : text);

describe(`generated requests, ${CASES} for each operation at each door (SECURITY_SEED=${SEED})`, {
  concurrency: 4,
}, () => {
  for (const operation of operations) {
    test(`${operation.name} answers each with a reply of its contract or a problem, and takes nothing bad`, async () => {
      const { shape } = operation.call;
      for (const door of doorsTo(shop, operation)) {
        const property = fc.asyncProperty(casesOf(operation), async ({ params, query, body, damage }) => {
          const own = endsWithIt.includes(operation.name) ? await makeUser() : undefined;
          const sent = damage && body !== undefined ? asSent(spoil(body, damage)) : body;
          const search = query.length > 0 ? `?${new URLSearchParams(query)}` : "";
          const path = door.prefix + pathOf(operation.call, own && "id" in params ? { id: own.id } : params) + search;
          const answer = await examples.ask(operation, door, {
            path,
            ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
            ...(own ? { token: own.token } : {}),
            headers: shape.idempotencyKey ? { "idempotency-key": crypto.randomUUID() } : {},
          });
          if (answer.status === 503 && isAwayFor(sent)) return;
          assertGoodAnswer(operation, answer);
          const isBad =
            (shape.body && sent !== undefined && (!fits(shape.body, sent) || isForbiddenText(sent))) ||
            (shape.query && (!queryFits(operation, query) || query.some(isForbiddenText)));
          if (isBad) assert.ok(answer.status >= 400, `bad data was taken: ${answer.status}`);
        });
        await fc.assert(property, { numRuns: CASES, seed: SEED, endOnFailure: true });
      }
    });
  }
});

test("after all of that every service is well", async () => {
  const { status, body } = await shop.visitor().ask("GET", "/api/health");
  assert.deepEqual([status, body.status], [200, "healthy"]);
});
