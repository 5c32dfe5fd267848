import type { Call } from "../contract/call.ts";
import type { Cancellation } from "../core/cancellation.ts";
import type { Caller } from "../identity/caller.ts";
import type { Request } from "./definition.ts";
import type { Input } from "./request-input.ts";

/** A request as its handler gets it. Its signal is only made when it is asked for. */
export class ServedRequest implements Request<Call> {
  readonly params: Input["params"];
  readonly query: Input["query"];
  readonly headers: Input["headers"];
  readonly body: Input["body"];
  readonly key: string;
  readonly caller: Caller;
  readonly network: string;
  readonly #cancellation: Cancellation;

  constructor(input: Input, caller: Caller, network: string, cancellation: Cancellation) {
    this.params = input.params;
    this.query = input.query;
    this.headers = input.headers;
    this.body = input.body;
    this.key = input.key;
    this.caller = caller;
    this.network = network;
    this.#cancellation = cancellation;
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }
}
