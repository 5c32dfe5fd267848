import { type AnyInput, requestBuilder } from "../../client/build-request.ts";
import type { CallInput, CallReply } from "../../client/client.ts";
import { type Call, type CallTypes, routeOf } from "../../contract/call.ts";
import type { Contract } from "../../contract/contract.ts";
import type { Failure } from "../../core/failure/failure.ts";
import { outcomeReader } from "./read-outcome.ts";
import type { TestFaults } from "./test-faults.ts";

type TypesIn<C extends Call> = C extends Call<infer Types extends CallTypes> ? Types : never;
type None = Record<never, never>;

/** What a call takes: path parameters and body where it has them, a query, an idempotency key, the headers that its handler reads. */
export type InputUnderTest<C extends Call> = CallInput<C> & { headers?: Partial<TypesIn<C>["headers"]> };
type Arguments<C extends Call> =
  None extends InputUnderTest<C> ? [input?: InputUnderTest<C>] : [input: InputUnderTest<C>];

/** The body of a reply, for a call that has one: what an answer without it (304) is, `answer` tells. */
export type BodyUnderTest<C extends Call> = [Exclude<CallReply<C>, undefined>] extends [never]
  ? undefined
  : Exclude<CallReply<C>, undefined>;

/** The codes of the refusals that a call's contract names. */
export type RefusalCode<C extends Call> = NonNullable<TypesIn<C>["refuses"]>;

/** A whole answer: `reply` or `refused` is there, according to what it is. */
export type AnswerUnderTest<C extends Call> = { readonly status: number; readonly headers: Headers } & (
  | { readonly reply: CallReply<C>; readonly refused?: undefined }
  | { readonly reply?: undefined; readonly refused: RefusalCode<C> | CommonRefusal; readonly failure: Failure }
);

/** Codes that any call may be refused with; the others of outages. */
export type CommonRefusal =
  | ("invalid_input" | "malformed_json" | "token_missing" | "token_invalid" | "forbidden" | "not_found")
  | ("method_not_allowed" | "precondition_failed" | "body_too_large" | "unsupported_media_type")
  | ("idempotency_key_required" | "rate_limited" | "upstream_failed" | "unavailable" | "deadline_exceeded");

/** A call as a test makes it. */
export type CallUnderTest<C extends Call> = {
  /**
   * Resolves with the reply's body, valid as the contract says. Rejects with the {@link Failure} of a refusal or an outage
   * (`outOfStock.is(error)`); one that the contract does not name is of the kind `bug`. The cause of an `internal_error` is what the service logged.
   */
  (...input: Arguments<C>): Promise<BodyUnderTest<C>>;
  /** Resolves with the whole answer, whatever it says: status, headers, and the reply or the code of the refusal. */
  answer(...input: Arguments<C>): Promise<AnswerUnderTest<C>>;
};

/**
 * A caller of a service: its calls by their names, and `fetch` for requests of any kind, to a path of the service and with the caller's token
 * (a call of that name hides it).
 */
export type CallerUnderTest<C extends Contract> = Omit<RawCaller, keyof C["calls"]> & {
  readonly [Name in keyof C["calls"]]: CallUnderTest<C["calls"][Name]>;
};
export type RawCaller = { fetch(path: string, init?: RequestInit): Promise<Response> };

/** What callers call: a service that runs. */
export type Called<C extends Contract> = {
  readonly contract: C;
  url(): string;
  errorOf(requestId: string): Error | undefined;
  readonly faults: TestFaults;
};

/** Makes a caller that shows what `tokenOf` makes, a new one at each call. */
export function createCaller<C extends Contract>(
  { contract, url, errorOf, faults }: Called<C>,
  tokenOf: () => Promise<string | undefined>,
): CallerUnderTest<C> {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = await tokenOf();
    if (token !== undefined && !headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
    return fetch(new URL(path, url()), { redirect: "manual", ...init, headers });
  }

  function callOf(call: Call) {
    const build = requestBuilder(call);
    const read = outcomeReader(call, errorOf);
    const hasBody = Object.values(call.shape.replies).some((schema) => schema !== null);
    async function answer(input: AnyInput & { headers?: Record<string, string> } = {}) {
      const { method, path, headers: pairs, body } = build(input);
      const headers = new Headers(input.headers);
      for (let at = 0; at < pairs.length; at += 2) headers.set(pairs[at] as string, pairs[at + 1] as string);
      const response = await send(path, { method, headers, ...(body === undefined ? {} : { body }) });
      const outcome = read(response, await response.text());
      const { status, headers: answered } = response;
      if ("reply" in outcome) return { status, headers: answered, reply: outcome.reply };
      return { status, headers: answered, refused: outcome.failure.code, failure: outcome.failure };
    }
    const ask = async (input: AnyInput) => {
      const answered = await faults.orFault(answer(input));
      if (answered.failure) throw answered.failure;
      if (answered.reply === undefined && hasBody)
        throw new Error(`${routeOf(call)} answered ${answered.status} without a body, which \`answer\` tells`);
      return answered.reply;
    };
    return Object.assign(ask, { answer: (input: AnyInput) => faults.orFault(answer(input)) });
  }

  const calls = Object.entries(contract.calls).map(([name, call]) => [name, callOf(call)]);
  return { fetch: send, ...Object.fromEntries(calls) } as CallerUnderTest<C>;
}
