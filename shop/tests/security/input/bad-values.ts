import type { TSchema } from "typebox";

/** A place in a body: the keys on the way, and the schema there. */
export type Place = { readonly path: readonly (string | number)[]; readonly schema: Schema };

/** What the tests look at of a JSON schema. */
export type Schema = TSchema & {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
};

/** Every place of a body that `example` has a value at, the body itself first. */
export function placesIn(schema: Schema, example: unknown, path: readonly (string | number)[] = []): Place[] {
  const here: Place = { path, schema };
  if (schema.properties && typeof example === "object" && example !== null) {
    const inner = Object.entries(schema.properties).flatMap(([name, property]) =>
      name in example ? placesIn(property, (example as Record<string, unknown>)[name], [...path, name]) : [],
    );
    return [here, ...inner];
  }
  if (schema.items && Array.isArray(example)) return [here, ...placesIn(schema.items, example[0], [...path, 0])];
  return [here];
}

/** A copy of `body` with `value` at the place. */
export function withValue(body: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = structuredClone(body) as Record<string | number, unknown>;
  copy[key] = withValue(copy[key], rest, value);
  return copy;
}

/** Stands in a body for text that JSON.stringify would not write. */
export const RAW = "raw:";

/** The body as JSON, with raw texts as they are. */
export const asText = (body: unknown): string =>
  JSON.stringify(body).replaceAll(/"raw:([^"]*)"/g, (_, text: string) => text);

/** Values that a place with this schema must not take. Numbers inside its bounds are left out. */
export function badValuesFor(schema: Schema): unknown[] {
  switch (schema.type) {
    case "integer":
      return [...numbersOutside(schema), 1.5, true, "5", null, [], {}, `${RAW}1e2`, `${RAW}1E400`, `${RAW}-0.0001`];
    case "string":
      return ["a\0b", "\ud800", "x".repeat(5_001), 5, true, null, [], {}];
    case "array":
      return [null, {}, "[]", 0, [null], Array(200).fill({})];
    default:
      return [null, [], "x", 7, true];
  }
}

const numbersOutside = ({ minimum = -Infinity, maximum = Infinity }: Schema): number[] =>
  [-1, 0, 2 ** 31, 2 ** 53 + 2].filter((value) => value < minimum || value > maximum);

/** The place as a JSON pointer. */
export const pointerOf = (path: readonly (string | number)[]): string => path.map((key) => `/${key}`).join("");
