import { closeSync, openSync, readSync, statSync } from "node:fs";
import { type LogLine, logFiles, timed } from "./read-logs.ts";

/** Milliseconds between looks for new lines. */
const INTERVAL = 100;

type Followed = { at: number; rest: string; lineOf: (text: string) => LogLine };

/** Hands over the lines that are written to the logs of a folder from now on, as they come. Returns what ends that. */
export function followLogs(folder: string, onLine: (line: LogLine) => void): () => void {
  const files = new Map<string, Followed>();
  const look = (isFirst: boolean): void => {
    for (const { service, path } of logFiles(folder)) {
      if (path.endsWith(".1")) continue;
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const file = files.get(path) ?? { at: isFirst ? size : 0, rest: "", lineOf: timed(service) };
      files.set(path, file);
      // It was put aside: what is there now is new.
      if (size < file.at) Object.assign(file, { at: 0, rest: "" });
      if (size > file.at) readOn(path, file, size, onLine);
    }
  };
  look(true);
  const timer = setInterval(look, INTERVAL, false);
  return () => clearInterval(timer);
}

function readOn(path: string, file: Followed, size: number, onLine: (line: LogLine) => void): void {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(size - file.at);
    const length = readSync(descriptor, bytes, 0, bytes.length, file.at);
    file.at += length;
    const lines = (file.rest + bytes.toString("utf8", 0, length)).split("\n");
    file.rest = lines.pop() ?? "";
    for (const text of lines) if (text.trim() !== "") onLine(file.lineOf(text));
  } finally {
    closeSync(descriptor);
  }
}
