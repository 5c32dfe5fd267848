import type { Metrics } from "./metrics.ts";

/** Counts each time that the event loop stood still for longer than a second. */
export const countStalls = (metrics: Metrics): (() => void) => {
  const count = metrics.counter("event_loop_stalls_total", "Times that the event loop stood still for over a second");
  return () => count();
};
