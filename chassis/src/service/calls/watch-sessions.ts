import { failureFrom, tokenInvalid } from "../../core/failure/failure.ts";
import type { Verify } from "../../http/authenticate.ts";
import type { Caller } from "../../identity/caller.ts";

/** Calls `onEnd` soon after the session of a caller has ended, unless the function that it returns was called before. */
export type WatchSession = (caller: Caller, onEnd: () => void) => () => void;

/** Milliseconds between looks: with the time that a look takes, work ends within 5 seconds after its session. */
const INTERVAL = 2_000;

/**
 * Makes the watch over those whose work lasts: a token is looked at when it begins, and good for as long as the work goes on. All who are watched share a
 * look; while the identity service is away they go on.
 */
export function watchSessions({ confirm }: Verify, interval = INTERVAL): WatchSession {
  const watched = new Set<{ readonly caller: Caller; readonly onEnd: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    for (const each of watched) {
      confirm?.(each.caller).catch((error: unknown) => {
        if (tokenInvalid.is(failureFrom(error)) && watched.delete(each)) each.onEnd();
        stopWhenAlone();
      });
    }
  }

  function stopWhenAlone(): void {
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return (caller, onEnd) => {
    if (caller.kind !== "user" || !confirm) return () => {};
    const each = { caller, onEnd };
    watched.add(each);
    timer ??= setInterval(look, interval).unref();
    return () => {
      watched.delete(each);
      stopWhenAlone();
    };
  };
}
