import type { Call } from "../../contract/call.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { tokenInvalid } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import type { Request } from "../definition.ts";
import type { Input } from "./request-input.ts";
import { type Waits, waitFor } from "./waits.ts";
import type { WatchSession } from "./watch-sessions.ts";

/** What a request is surrounded by while it is handled. */
export type RequestSurroundings = {
  readonly cancellation: Cancellation;
  readonly preferredWait: number;
  readonly waits: Waits;
  /** Cancelled when what waits has to end. */
  readonly stopping?: Cancellation | undefined;
  /** Tells of the end of the caller's session. */
  readonly watch: WatchSession;
  /** When its time is over, on the monotonic clock. */
  readonly endsAt: number;
  /** From now on it is no work that others wait for. */
  letGo(): void;
};

/** Milliseconds that are left to answer in after a wait. */
const TIME_TO_ANSWER = 500;

/** A request as its handler gets it. Its signal is only made when it is asked for. */
export class ServedRequest implements Request<Call> {
  readonly params: Input["params"];
  readonly query: Input["query"];
  readonly headers: Input["headers"];
  readonly body: Input["body"];
  readonly key: string;
  readonly caller: Caller;
  readonly network: string;
  readonly preferredWait: number;
  readonly #around: RequestSurroundings;

  constructor(input: Input, caller: Caller, network: string, around: RequestSurroundings) {
    this.params = input.params;
    this.query = input.query;
    this.headers = input.headers;
    this.body = input.body;
    this.key = input.key;
    this.caller = caller;
    this.network = network;
    this.preferredWait = around.preferredWait;
    this.#around = around;
  }

  get signal(): AbortSignal {
    return this.#around.cancellation.signal;
  }

  /** Bound to the request: handlers take it out of there. */
  get wait(): Request<Call>["wait"] {
    return (milliseconds, what) => this.#wait(milliseconds, what);
  }

  async #wait<T>(milliseconds: number, what: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { waits, letGo, endsAt, cancellation, stopping, watch } = this.#around;
    const leave = waits.enter(this.caller);
    if (!leave) return undefined;
    letGo();
    const signedOut = new Cancellation();
    const unwatch = watch(this.caller, () => signedOut.cancel(tokenInvalid.failure()));
    try {
      const left = endsAt - performance.now() - TIME_TO_ANSWER;
      const cancellations = stopping ? [cancellation, stopping, signedOut] : [cancellation, signedOut];
      return await waitFor(what, { milliseconds: Math.min(milliseconds, left), cancellations });
    } finally {
      unwatch();
      leave();
    }
  }
}
