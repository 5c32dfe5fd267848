/** Whose work waits: `subject` (an account, say) at `network`. */
export type Requester = { readonly network: string; readonly subject: string };

/** Works that wait in lines: the networks take turns, and in each the subjects. */
export type FairLines<Waiting> = {
  /**
   * Puts `waiting` at the end of its requester's line. When there are `most` already, the newest of the longest line makes room if that line
   * is longer by two or more than the newcomer's; it is returned. Returns the newcomer when there is no room for it.
   */
  add(waiting: Waiting, by: Requester): Waiting | undefined;
  /** Takes the one whose turn it is. */
  next(): Waiting | undefined;
};

/** Makes lines for at most `most` in all. */
export function fairLines<Waiting>(most: number): FairLines<Waiting> {
  /** In the order of their turns; none is empty. */
  const networks = new Map<string, Map<string, Waiting[]>>();
  let waiting = 0;

  function append(item: Waiting, { network, subject }: Requester): void {
    const lines = networks.get(network) ?? new Map<string, Waiting[]>();
    networks.set(network, lines);
    lines.set(subject, [...(lines.get(subject) ?? []), item]);
    waiting += 1;
  }

  /** Takes an item out of a line; what is left, unless nothing is, goes behind the others when it had its `turn`. */
  function take({ network, subject }: Requester, turn: boolean, from: (line: Waiting[]) => Waiting | undefined) {
    const lines = networks.get(network);
    const line = lines?.get(subject);
    if (!lines || !line) return undefined;
    const item = from(line);
    waiting -= 1;
    if (turn || line.length === 0) lines.delete(subject);
    if (line.length > 0) lines.set(subject, line);
    if (turn || lines.size === 0) networks.delete(network);
    if (lines.size > 0) networks.set(network, lines);
    return item;
  }

  /** Whose newest item gives way to one of `by`; undefined when the newcomer has no less than the others. */
  function mostBefore(by: Requester): Requester | undefined {
    const network = longest(networks, lengthOfAll);
    const lines = networks.get(network.key) ?? new Map<string, Waiting[]>();
    const subject = longest(lines, ({ length }) => length);
    const own = networks.get(by.network);
    const excess =
      network.key === by.network
        ? subject.length - (own?.get(by.subject)?.length ?? 0)
        : network.length - (own ? lengthOfAll(own) : 0);
    return excess >= 2 ? { network: network.key, subject: subject.key } : undefined;
  }

  return {
    add(item, by) {
      if (waiting < most) {
        append(item, by);
        return undefined;
      }
      const before = mostBefore(by);
      if (!before) return item;
      const gone = take(before, false, (line) => line.pop());
      append(item, by);
      return gone;
    },
    next() {
      const [network] = networks.keys();
      if (network === undefined) return undefined;
      const [subject = ""] = networks.get(network)?.keys() ?? [];
      return take({ network, subject }, true, (line) => line.shift());
    },
  };
}

const lengthOfAll = (lines: ReadonlyMap<string, readonly unknown[]>): number =>
  lines.values().reduce((sum, { length }) => sum + length, 0);

/** The longest of some, and how long it is. */
function longest<Each>(all: ReadonlyMap<string, Each>, lengthOf: (each: Each) => number) {
  let found = { key: "", length: -1 };
  for (const [key, each] of all) if (lengthOf(each) > found.length) found = { key, length: lengthOf(each) };
  return found;
}
