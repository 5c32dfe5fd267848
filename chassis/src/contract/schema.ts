import {
  type Static,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  type TString,
  type TUnsafe,
  Type,
} from "typebox";

/** An object that refuses fields it does not know. */
export const Fields = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

/** Whether an object without any field is one of these: a body like that may be left out. */
export function mayBeEmpty(schema: TObject): boolean {
  const { required = [], minProperties = 0 }: { required?: string[]; minProperties?: number } = schema;
  return required.length === 0 && minProperties === 0;
}

/** Text of 1 (or `least`) to `most` characters. */
export const Text = (most: number, least = 1): TString => Type.String({ minLength: least, maxLength: most });

/** An id as {@link newId} makes them; anything that could be one is let through and simply not found. */
export const Id = Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "An id; ids sort by creation" });

/** A point in time: RFC 3339, UTC. */
export const Time = Type.String({ format: "date-time", description: "RFC 3339, UTC" });

/** What every list takes. */
export const PageQuery = Fields({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "Items on a page" }),
  // The id of the last item: hexadecimal, as made by newId, or a number of always the same length.
  cursor: Type.Optional(Type.String({ pattern: "^[0-9a-f-]{16,36}$", description: "`nextCursor` of the page before" })),
});
export type PageQuery = Static<typeof PageQuery>;

/** What every list returns: `nextCursor` is null on the last page. */
export const Page = <Item extends TSchema>(item: Item) =>
  Fields({ items: Type.Array(item), nextCursor: Nullable(Type.String()) });
export type Page<Item> = { items: Item[]; nextCursor: string | null };

export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** A body that is not JSON, such as `image/svg+xml` or `text/event-stream`. */
export const Media = (mediaType: string): TUnsafe<string | AsyncIterable<string>> =>
  Type.Unsafe<string | AsyncIterable<string>>({ type: "string", contentMediaType: mediaType });

/** One of the given words. */
export const OneOf = <const Words extends string[]>(...words: Words) =>
  Type.Unsafe<Words[number]>({ type: "string", enum: words });

/** `PageQuery` and more fields. */
export const PageQueryWith = <Properties extends Record<string, TOptional<TSchema>>>(properties: Properties) =>
  Fields({ ...PageQuery.properties, ...properties });

/** The schema of a problem answer (RFC 9457). */
export const Problem: TObject = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: "Stable, snake_case" }),
  instance: Type.String({ description: "The request id" }),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
});
