import type { Failure } from "./failure/failure.ts";

/** Is told once, when work is to end before it is done. */
export type OnCancelled = (why: Failure) => void;

/**
 * Whether work is to end before it is done. As an AbortController, but its signal is only made for those who ask for one: making and
 * listening to one costs more than all the rest of a request's context.
 */
export class Cancellation {
  #why: Failure | undefined;
  #controller: AbortController | undefined;
  #listeners: Set<OnCancelled> | undefined;

  /** Why the work is to end; undefined while it is not. */
  get why(): Failure | undefined {
    return this.#why;
  }

  /** Aborted, with the reason, when the work is to end. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#why) this.#controller.abort(this.#why);
    return this.#controller.signal;
  }

  /** Tells everybody that the work is to end, the first time it is called. */
  cancel(why: Failure): void {
    if (this.#why) return;
    this.#why = why;
    this.#controller?.abort(why);
    for (const listener of this.#listeners ?? []) listener(why);
  }

  /** Tells `listener` when the work is to end; whoever comes too late hears nothing. */
  listen(listener: OnCancelled): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  forget(listener: OnCancelled): void {
    this.#listeners?.delete(listener);
  }
}
