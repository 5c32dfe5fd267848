import { createSignal } from "./signal.ts";

/** Whether the shop can be reached, as the last requests showed: `busy` when it asks for patience. */
export const connection = createSignal<"good" | "busy" | "away">("good");

/** Resolves after so many seconds, or as soon as the browser is online again. Rejects when the signal is aborted. */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", stop);
    };
    const done = () => {
      end();
      resolve();
    };
    const stop = () => {
      end();
      reject(signal?.reason);
    };
    const timer = setTimeout(done, seconds * 1_000);
    addEventListener("online", done);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
  });
}

/** Seconds before the next attempt: what the shop asks for, else longer each time; spread, so that not all come back at once. */
export const patience = (attempt: number, asked: number | undefined): number =>
  (asked ?? Math.min(0.5 * 2 ** attempt, 15)) * (1 + Math.random() * 0.3);
