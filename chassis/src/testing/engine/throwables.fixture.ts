import { internalError, refusal, unavailable } from "../../core/failure/failure.ts";

const declined = refusal("engine_declined", 409, "Declined");

/** What code may throw; each is made anew. The first few may pass, as far as anything can tell. */
export const throwables: readonly (() => unknown)[] = [
  () => new Error("does not work"),
  () => "a text",
  () => undefined,
  () => Object.create(null),
  () => Object.defineProperty(new Error("secretive"), "stack", { get: () => assertNever() }),
  () => new Error(`${"x".repeat(1_999)}🚀 \0 \ud800`),
  () => Object.assign(new Error("short"), { stack: `${"x".repeat(1_999)}🚀` }),
  () => Symbol("thrown"),
  () => new Proxy({}, { get: assertNever, getPrototypeOf: assertNever }),
  () => new Error("outer", { cause: new Proxy(new Error("inner"), { get: assertNever, getPrototypeOf: assertNever }) }),
  () => unavailable.failure({ retryAfter: Number.NaN }),
  () => internalError.failure(),
  () => declined.failure({ cause: { toString: assertNever } }),
];

/** So many of them are tried again. */
export const MAY_PASS = 10;
/** The one that sagas ask about again for ever. */
export const UNAVAILABLE = 10;

function assertNever(): never {
  throw new Error("looked at what was thrown");
}

/** What steps may return that can't be stored as it is. */
export const unstorables: readonly (() => object)[] = [
  () => ({ at: new Date(0) }),
  () => ({ n: Number.NaN }),
  () => ({ all: new Map([["a", 1]]) }),
  () => ({ n: 1n }),
  () => ({ text: "\0" }),
  () => ({ text: "\ud800" }),
  () => ({ list: [undefined] }),
  () => ["a list"],
];

/** What timers may return that is no time. */
export const noTimes: readonly unknown[] = [1e300, Number.NaN, Number.POSITIVE_INFINITY, "soon", undefined, 10n];

/** What is not taken: as the key or an additional field of an event, or as a saga's key. */
export const unsendables: readonly { readonly what: "publish" | "start"; readonly given: unknown }[] = [
  { what: "publish", given: { key: "\0" } },
  { what: "publish", given: { key: "\udc00" } },
  { what: "publish", given: { key: "k".repeat(1_001) } },
  { what: "publish", given: { key: undefined } },
  { what: "publish", given: { padding: "x".repeat(1_100_000) } },
  { what: "publish", given: { key: { toJSON: () => undefined } } },
  { what: "publish", given: { handler: 1n } },
  { what: "publish", given: { run: Number.NaN } },
  { what: "start", given: "\0" },
  { what: "start", given: "\ud800" },
  { what: "start", given: "k".repeat(501) },
];
