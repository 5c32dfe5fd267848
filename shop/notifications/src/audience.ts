/** Who listens in this process right now. */
export type Audience = {
  /** Calls `hear` with the newest id whenever there is something new for the user; returns how to leave. */
  join(userId: string, hear: (newest: string) => void): () => void;
  /** Tells the user's listeners that there is something, up to this id. */
  announce(userId: string, newest: string): void;
  /** Everybody who has a listener. */
  users(): string[];
};

/** Makes an audience without anybody in it. */
export function newAudience(): Audience {
  const listeners = new Map<string, Set<(newest: string) => void>>();
  return {
    join(userId, hear) {
      const own = listeners.get(userId) ?? new Set();
      listeners.set(userId, own.add(hear));
      return () => {
        own.delete(hear);
        if (own.size === 0 && listeners.get(userId) === own) listeners.delete(userId);
      };
    },
    announce(userId, newest) {
      for (const hear of listeners.get(userId) ?? []) hear(newest);
    },
    users: () => [...listeners.keys()],
  };
}
