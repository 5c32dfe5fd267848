import { setTimeout as delay } from "node:timers/promises";

/** What became of one request: `milliseconds` from when it was meant to be sent. */
export type Sample = { readonly outcome: string; readonly milliseconds: number };

/** Requests that come whether or not earlier ones were answered. */
export type OpenLoop = {
  /** How many were begun so far. */
  sent(): number;
  /** Sends no more; resolves with what became of all when the last one is answered. */
  stop(): Promise<readonly Sample[]>;
};

/**
 * Calls `send` at the times of a Poisson process, so many a second on average. What it resolves with is the outcome, what it throws as
 * well, so it should say what went wrong. `random` is in [0, 1).
 */
export function openLoop(options: {
  perSecond: number;
  send(number: number): Promise<string>;
  random?: () => number;
}): OpenLoop {
  const { perSecond, send, random = Math.random } = options;
  const samples: Sample[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let stopped = false;

  async function sendOne(number: number, intended: number): Promise<void> {
    const outcome = await send(number).catch((error: unknown) => describe(error));
    samples.push({ outcome, milliseconds: performance.now() - intended });
  }

  async function run(): Promise<void> {
    let next = performance.now();
    while (!stopped) {
      const wait = next - performance.now();
      if (wait > 0) await delay(wait);
      if (stopped) break;
      const sending = sendOne(sent, next).finally(() => underWay.delete(sending));
      underWay.add(sending);
      sent += 1;
      next -= (Math.log(1 - random()) * 1_000) / perSecond;
    }
  }

  const running = run();
  return {
    sent: () => sent,
    async stop() {
      stopped = true;
      await running;
      await Promise.all(underWay);
      return samples;
    },
  };
}

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${describe(cause)}` : String(message);
}

/** How often each outcome was. */
export function outcomesOf(samples: readonly Sample[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of samples) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** The time that so large a share (0 to 1) of the samples did not exceed. */
export function quantile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
