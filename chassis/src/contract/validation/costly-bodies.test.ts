import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { Failure } from "../../core/failure/failure.ts";
import { Fields, Id, Text, Time } from "../schema.ts";
import { parseJson } from "./json.ts";
import { jsonValidator } from "./validate.ts";

const SIZE = 64 * 1024;
/** Milliseconds of computing time. */
const MOST = 5;

/** As often between the ends as there is room for. */
const filled = (unit: string, begin = "[", end = "]", between = ",") => {
  const count = Math.floor((SIZE - begin.length - end.length) / (Buffer.byteLength(unit) + between.length));
  return begin + Array(count).fill(unit).join(between) + end;
};
const named = (name: (at: number) => string, value = "1") =>
  `{${Array.from({ length: 5_000 }, (_, at) => `${JSON.stringify(name(at))}:${value}`).join(",")}}`;

const bodies: Record<string, string> = {
  "a list of numbers, the last with an exponent": filled("1", "[", ",1e1]"),
  "numbers with exponents": filled("1e1"),
  "numbers with many digits": filled("-0.12345678901234567890"),
  "one number": `[${"9".repeat(SIZE - 2)}]`,
  "items without fields": filled("{}", '{"items":[', "]}"),
  "items that are wrong in all fields": filled('{"productId":"","quantity":0,"x":{}}', '{"items":[', '],"price":1}'),
  "empty lists": filled("[]"),
  "empty texts, one of them escaped": filled('""', '["\\u0041",'),
  "escapes by number": filled('"\\u0041"'),
  "one text of escapes": filled("\\u0041", '{"name":"', '"}', ""),
  "pairs of surrogates": filled('"\\ud83d\\ude00"'),
  "a NUL behind everything else": filled('"a"', "[", ',"\\u0000"]'),
  "texts that are composed": filled("\u0958", '{"name":"', '"}', ""),
  "marks in two orders": filled("\u0301\u0327", '{"name":"a', '"}', ""),
  "marks, as many in a row as may be": filled(`a${"\u0301\u0327".repeat(15)}`, '{"name":"', '"}', ""),
  "marks in a name": filled("\u0301\u0327", '{"a', '":1}', ""),
  "lists in lists": "[".repeat(SIZE / 2) + "]".repeat(SIZE / 2),
  "objects in objects": `${'{"a":'.repeat(SIZE / 6)}1${"}".repeat(SIZE / 6)}`,
  "lists that do not end": "[".repeat(SIZE),
  names: named((at) => `k${at}`),
  "names that are numbers": named((at) => String((at * 65_536) % 4_294_967_295)),
  "the same name": named(() => "name"),
  "names of prototypes": named(() => "__proto__", "{}"),
  "names of constructors": named(() => "constructor", "{}"),
  "an email of dots": filled("a.", '{"email":"', '@"}', ""),
  "an email of signs": filled("a@", '{"email":"', '"}', ""),
  "nearly a time": filled("1", '{"at":"2020-01-01T00:00:00.', 'x"}', ""),
  "nearly a list": filled("1", "[", ",x]"),
  blanks: filled(" ", "", "[]", ""),
  nonsense: "x".repeat(SIZE),
};

const Line = Fields({ productId: Id, quantity: Type.Integer({ minimum: 1 }) });
const schemas = [
  Fields({}),
  Fields({ items: Type.Array(Line, { minItems: 1 }), payment: Fields({ method: Text(50) }) }),
  Fields({ name: Text(100), email: Type.String({ format: "email", maxLength: 254 }), at: Type.Optional(Time) }),
];

/** The least that it takes, of a few times: what else the process does beside it is none of its cost. */
function costOf(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 10 && least > MOST; time += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

for (const [what, body] of Object.entries(bodies)) {
  test(`to read and refuse 64 KiB of this costs little: ${what}`, () => {
    const bytes = Buffer.from(body);
    for (const validate of schemas.map((schema) => jsonValidator(schema))) {
      const cost = costOf(() => assert.throws(() => validate(parseJson(bytes)), Failure));
      assert.ok(cost <= MOST, `${cost} ms`);
    }
  });
}
