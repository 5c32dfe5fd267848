/** A stream of server-sent events as a client reads it. */
export type EventReader = {
  /** The next piece, up to its empty line; undefined when the stream has ended. Rejects when it was broken off. */
  next(): Promise<string | undefined>;
  /** What has come of a piece that is not whole. */
  rest(): string;
  /** Leaves, in the middle of whatever comes. */
  leave(): Promise<void>;
};

/** Reads a response of server-sent events piece by piece. */
export function readEvents(response: Response): EventReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    async next() {
      while (!rest.includes("\n\n")) {
        const read = await reader?.read();
        if (!read || read.done) return undefined;
        rest += read.value;
      }
      const end = rest.indexOf("\n\n") + 2;
      const piece = rest.slice(0, end);
      rest = rest.slice(end);
      return piece;
    },
    rest: () => rest,
    leave: async () => reader?.cancel(),
  };
}
