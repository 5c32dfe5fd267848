import { fstatSync } from "node:fs";
import { type DestinationStream, pino } from "pino";

/** Characters after which lines are written, however soon. */
const BATCH = 8 * 1024;

/**
 * The standard output for whoever writes a line for each request: lines go out in batches, at the latest after so many milliseconds and
 * when the process exits. They are gathered here, since pino's own stream measures all it holds anew with each line.
 */
export function gatheredLines(milliseconds: number): DestinationStream {
  // A batch goes into a file faster than to the thread that would write it; a pipe may be full, and nobody shall wait for it.
  const output = pino.destination({ dest: 1, sync: fstatSync(1).isFile() });
  let lines = "";
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines !== "") output.write(lines);
    lines = "";
  };
  // Before pino's own listener, which writes what its stream holds.
  process.prependListener("exit", write);
  return {
    write(line) {
      lines += line;
      if (lines.length >= BATCH) write();
      else timer ??= setTimeout(write, milliseconds).unref();
    },
  };
}
