import { unavailable } from "../../core/failure/failure.ts";
import type { Broker } from "./broker.ts";

/**
 * A broker that is opened when it is first used, and again until that succeeds: so a process can begin while its broker is not up yet. What
 * `open` throws, whoever uses it gets.
 */
export function openedWhenUsed(open: () => Promise<Broker>): Broker {
  let opening: Promise<Broker> | undefined;
  let opened: Broker | undefined;
  let closed = false;

  async function broker(): Promise<Broker> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    opened = await opening;
    // Nobody else would let go of what was opened while it was given up.
    if (closed) await opened.close();
    return opened;
  }

  return {
    declare: async (audience) => (await broker()).declare(audience),
    withdraw: async (consumer, types) => (await broker()).withdraw(consumer, types),
    publish: async (messages) => (await broker().catch(asUnavailable)).publish(messages),
    subscribe: async (subscription) => (await broker()).subscribe(subscription),
    state: () => opened?.state() ?? "away",
    async close() {
      closed = true;
      await opening?.then((each) => each.close()).catch(() => {});
    },
  };
}

/** Whatever opening it failed for, it is not because of what is published. */
function asUnavailable(error: unknown): never {
  throw unavailable.is(error) ? error : unavailable.failure({ cause: error });
}
