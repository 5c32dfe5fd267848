import { countShares } from "../../../core/load/shares.ts";
import { MOST_SLOTS, type Slots, slots } from "./slots.ts";

type Sent = { readonly idle?: boolean; readonly caller?: string | undefined };

/** What was sent and is not answered. */
export type SentRequests<T extends object> = Slots<T> & {
  /** Whether there is room for one more. What is idle takes no place of the others. */
  hasRoom(idle?: boolean): boolean;
  /** Whether there is room for this one: beside a caller who fills all places, those who have few under way need not wait for one. */
  hasRoomFor(request: T): boolean;
};

/** Keeps what was sent; there is room for `most` besides what is idle, and for 4,096 in all. */
export function sentRequests<T extends Sent>(most: number): SentRequests<T> {
  const sent = slots<T>();
  const shares = countShares();
  let idle = 0;
  const hasRoom = (isIdle = false, places = most): boolean =>
    sent.size() < MOST_SLOTS && (isIdle || sent.size() - idle < places);
  return {
    add(request) {
      const id = sent.add(request);
      if (request.idle) idle += 1;
      else if (request.caller !== undefined) shares.add(request.caller);
      return id;
    },
    take(id) {
      const taken = sent.take(id);
      if (taken?.idle) idle -= 1;
      else if (taken?.caller !== undefined) shares.remove(taken.caller);
      return taken;
    },
    takeAll() {
      idle = 0;
      return sent.takeAll();
    },
    size: sent.size,
    hasRoom: (isIdle) => hasRoom(isIdle),
    hasRoomFor: ({ idle: isIdle, caller }) =>
      hasRoom(isIdle) || (caller !== undefined && hasRoom(false, 2 * most) && shares.hasLeft(caller, most)),
  };
}
