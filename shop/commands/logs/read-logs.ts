import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

/** A line that a process of a service wrote: JSON, or whatever else it said. */
export type LogLine = {
  readonly service: string;
  /** RFC 3339; of a line that is not JSON, that of the line before. */
  readonly time: string;
  readonly text: string;
};

/** The files of the processes in the folder of logs, what was put aside first. Throws, in words, when there are none. */
export function logFiles(folder: string): { service: string; path: string }[] {
  const names = listed(folder).flatMap((name) => {
    const [, service, aside] = /^(.+)-\d+\.log(\.1)?$/.exec(name) ?? [];
    return service ? [{ service, path: join(folder, name), aside: aside !== undefined }] : [];
  });
  if (names.length === 0) throw new Error(`there are no logs in ${folder}: start a shop with npm start`);
  return names.sort((one, other) => Number(other.aside) - Number(one.aside));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The lines of all processes that `isWanted`, in the order of their times. */
export function readLogs(folder: string, isWanted: (line: LogLine) => boolean): LogLine[] {
  const wanted = logFiles(folder).flatMap(({ service, path }) => {
    const lines = timed(service);
    return Array.from(linesOf(path), lines).filter(isWanted);
  });
  return wanted.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
}

/** Gives the lines of one file their times. */
export function timed(service: string): (text: string) => LogLine {
  let time = "";
  return (text) => {
    time = /^\{.{0,60}?"time":"([^"]+)"/.exec(text)?.[1] ?? time;
    return { service, time, text };
  };
}

function* linesOf(path: string): Generator<string> {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(1024 * 1024);
    let rest = Buffer.alloc(0);
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      const read = Buffer.concat([rest, chunk.subarray(0, length)]);
      const end = read.lastIndexOf(10) + 1;
      yield* read.toString("utf8", 0, end).split("\n").filter(Boolean);
      rest = read.subarray(end);
    }
    if (rest.length > 0) yield rest.toString("utf8");
  } finally {
    closeSync(file);
  }
}
