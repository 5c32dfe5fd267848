import type { Static, TObject } from "typebox";

/** An event of a contract: data only. */
export type Event<Body = unknown> = {
  /** What happened, in the past tense, after the thing it happened to: `order.confirmed`. */
  readonly type: string;
  /** The field of the body whose value orders events: those with the same value arrive in the order they were published. */
  readonly key: string;
  /** The version that is published; consumers get every message as one of it. */
  readonly version: number;
  readonly body: TObject;
  /** The versions before it that may still be under way or parked. */
  readonly earlier: Readonly<Record<number, EarlierVersion>>;
  /** Carries the type; never there at run time. */
  readonly "~body"?: Body;
};

/** A version of an event that is no longer published, and how its body becomes one of the next version. */
export type EarlierVersion = { readonly body: TObject; upcast(body: never): unknown };

/** Writes an earlier version down. `upcast` must not fail: what it can't know it has to make up. */
export const earlierVersion = <Schema extends TObject>(
  body: Schema,
  upcast: (body: Static<Schema>) => unknown,
): EarlierVersion => ({ body, upcast });

/** Writes an event down. Throws when the versions before `version` are not numbered from 1 without a gap, or not all there. */
export function event<Schema extends TObject>(
  type: `${string}.${string}`,
  shape: {
    key: keyof Static<Schema> & string;
    body: Schema;
    /** Default 1. */
    version?: number;
    /** Each version before it, by its number. */
    earlier?: Readonly<Record<number, EarlierVersion>>;
  },
): Event<Static<Schema>> {
  const { key, body, version = 1, earlier = {} } = shape;
  const known = Object.keys(earlier).map(Number);
  if (known.length !== version - 1 || known.some((each, index) => each !== index + 1)) {
    throw new Error(
      `${type} has version ${version}, so versions 1 to ${version - 1} are needed, not ${known.join(", ")}`,
    );
  }
  return { type, key, version, body, earlier };
}

/** The type of an event's body. */
export type BodyOf<E extends Event> = NonNullable<E["~body"]>;
