import type { Socket } from "node:net";
import type { Faults } from "./faults.ts";

/** Moves bytes from one socket to the other. */
export type Pump = {
  /** The faults have changed. */
  changed(): void;
  /** Moves nothing any more. */
  stop(): void;
};

type Piece = { readonly bytes: Buffer; readonly readyAt: number };

/**
 * Moves what `from` receives to `to`, as the faults say at the time; `onCut` is called when they cut the connection off. An end follows
 * the last byte.
 */
export function pump(
  from: Socket,
  to: Socket,
  { faults, random, onCut }: { faults: () => Faults; random: () => number; onCut: () => void },
): Pump {
  const line: Piece[] = [];
  let moved = 0;
  let lastReady = 0;
  let ended = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function move(): void {
    clearTimeout(timer);
    const { blackHole, cutAfter = Number.POSITIVE_INFINITY } = faults();
    while (!stopped && !blackHole && line.length > 0) {
      const { bytes, readyAt } = line[0] as Piece;
      const wait = readyAt - performance.now();
      if (wait > 0) {
        timer = setTimeout(move, wait);
        return;
      }
      line.shift();
      to.write(bytes.subarray(0, Math.max(0, cutAfter - moved)));
      moved += bytes.length;
      if (moved >= cutAfter) onCut();
    }
    if (ended && line.length === 0 && !blackHole && !stopped) to.end();
  }

  from.on("data", (bytes: Buffer) => {
    if (stopped) return;
    const { delay = 0, jitter = 0 } = faults();
    lastReady = Math.max(lastReady, performance.now() + delay + jitter * random());
    line.push({ bytes, readyAt: lastReady });
    move();
  });
  from.on("end", () => {
    ended = true;
    move();
  });
  return {
    changed: move,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
