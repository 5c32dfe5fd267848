import { MOST_SLOTS, type Slots, slots } from "./slots.ts";

/** What was sent and is not answered. */
export type SentRequests<T extends object> = Slots<T> & {
  /** Whether there is room for one more. What is idle takes no place of the others. */
  hasRoom(idle?: boolean): boolean;
};

/** Keeps what was sent; there is room for `most` besides what is idle, and for 4,096 in all. */
export function sentRequests<T extends { readonly idle?: boolean }>(most: number): SentRequests<T> {
  const sent = slots<T>();
  let idle = 0;
  return {
    add(request) {
      const id = sent.add(request);
      if (request.idle) idle += 1;
      return id;
    },
    take(id) {
      const taken = sent.take(id);
      if (taken?.idle) idle -= 1;
      return taken;
    },
    takeAll() {
      idle = 0;
      return sent.takeAll();
    },
    size: sent.size,
    hasRoom: (isIdle = false) => sent.size() < MOST_SLOTS && (isIdle || sent.size() - idle < most),
  };
}
