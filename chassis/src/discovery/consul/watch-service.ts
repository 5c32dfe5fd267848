import type { Clock } from "../../core/clock.ts";
import type { ConsulAgent } from "./consul-agent.ts";
import { readHealthy } from "./read-healthy.ts";

/** Seconds that the agent may wait for a change before it answers. */
const WAIT = 60;
/** The agent adds up to a sixteenth to the wait, so that not all ask again at once; then it has 5 s to answer. */
const PATIENCE = (WAIT + WAIT / 16 + 5) * 1_000;
/** Between two questions, whatever the answers: an agent whose index makes no sense answers at once, again and again. */
const PAUSE = 100;

/**
 * Makes the look at one service, to be done again and again: a question that the agent answers when something changed. Gives the
 * addresses to `learn`; resolves with the pause until the next.
 */
export function watchService(
  { agent, name, clock }: { agent: ConsulAgent; name: string; clock: Clock },
  learn: (addresses: readonly string[]) => void,
): () => Promise<number> {
  let index = 0;
  return async () => {
    const began = clock.monotonic();
    const blocking = index > 0 ? `&index=${index}&wait=${WAIT}s` : "";
    try {
      const answer = await agent.ask(
        "GET",
        `/v1/health/service/${encodeURIComponent(name)}?passing=1${blocking}`,
        PATIENCE,
      );
      if (answer.status !== 200) throw new Error(`the registry answered ${answer.status}`);
      learn(readHealthy(answer.body, name));
      index = nextIndex(index, answer.index);
    } catch (error) {
      index = 0;
      throw error;
    }
    return Math.max(0, PAUSE - (clock.monotonic() - began));
  };
}

/** An index that falls means that the registry was restored or started anew, and 0 or nonsense that it can't be waited for. */
function nextIndex(before: number, header: string | undefined): number {
  const index = /^\d{1,15}$/.test(header ?? "") ? Number(header) : 0;
  return index < before ? 0 : index;
}
