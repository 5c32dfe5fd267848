let tasks: (() => void)[] = [];

/**
 * Does something at the end of this turn of the event loop, together with what else waits for it. For writing to sockets: under load
 * most of the cost of a write is to wake up the process at its other end, and it falls asleep again before the next write comes. When
 * all of a turn are written to one after the other, it is awake.
 */
export function atEndOfTurn(task: () => void): void {
  if (tasks.push(task) === 1) setImmediate(doAll);
}

function doAll(): void {
  const now = tasks;
  tasks = [];
  for (const [at, task] of now.entries()) {
    try {
      task();
    } catch (error) {
      // One that throws takes none of the others with it.
      for (const other of now.slice(at + 1)) atEndOfTurn(other);
      throw error;
    }
  }
}
