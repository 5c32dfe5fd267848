import type { Static, TObject } from "typebox";

/** An event of a contract: data only. */
export type Event<Body = unknown> = {
  /** What happened, in the past tense, after the thing it happened to: `order.confirmed`. */
  readonly type: string;
  /** The field of the body whose value orders events: those with the same value arrive in the order they were published. */
  readonly key: string;
  readonly version: number;
  readonly body: TObject;
  /** The services that hear of it: their queues are there before it is first published. */
  readonly heardBy: readonly string[];
  /** Carries the type; never there at run time. */
  readonly "~body"?: Body;
};

/** Writes an event down. */
export function event<Schema extends TObject>(
  type: `${string}.${string}`,
  shape: { key: keyof Static<Schema> & string; body: Schema; heardBy?: readonly string[]; version?: number },
): Event<Static<Schema>> {
  return { type, key: shape.key, version: shape.version ?? 1, body: shape.body, heardBy: shape.heardBy ?? [] };
}

/** The type of an event's body. */
export type BodyOf<E extends Event> = NonNullable<E["~body"]>;
