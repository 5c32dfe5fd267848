import { oddAnswer } from "../../client/transports/http/upstream-error.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { unavailable } from "../../core/failure/failure.ts";

/** The requests of a connection that are not answered, by their numbers. */
export type UnderWay = {
  /** Begins one. Throws (an UpstreamError) for a number that is under way already. */
  begin(id: number): Cancellation;
  /** Ends one that is answered; tells whether anybody still waited for it. */
  end(id: number): boolean;
  /** Nobody waits for the answer any more. */
  cancel(id: number, why: string): void;
  cancelAll(why: string): void;
  size(): number;
};

export function underWay(): UnderWay {
  const all = new Map<number, Cancellation>();

  function cancel(id: number, why: string): void {
    const cancellation = all.get(id);
    all.delete(id);
    cancellation?.cancel(unavailable.failure({ cause: new Error(why) }));
  }

  return {
    begin(id) {
      if (all.has(id)) throw oddAnswer("a request with the number of another");
      const cancellation = new Cancellation();
      all.set(id, cancellation);
      return cancellation;
    },
    end: (id) => all.delete(id),
    cancel,
    cancelAll(why) {
      for (const id of all.keys()) cancel(id, why);
    },
    size: () => all.size,
  };
}
