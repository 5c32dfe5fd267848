import { type Clock, systemClock } from "../core/clock.ts";

/** The system's clock, but that waits are a tenth of what they are: for loops that look again now and then. */
export const hurriedClock: Clock = {
  ...systemClock,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / 10, signal),
};
