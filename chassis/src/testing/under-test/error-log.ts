import { createLog, type Log } from "../../telemetry/log.ts";

/** The log of a service in a test, and the errors in it. */
export type ErrorLog = {
  readonly log: Log;
  /** The error that was logged for a request. */
  errorOf(requestId: string): Error | undefined;
};

type Line = { readonly requestId?: string; readonly err?: { readonly message?: string; readonly stack?: string } };

const REMEMBERED = 1_000;

/** Makes a log that remembers errors, and is seen at the level of TEST_LOG_LEVEL if that is set. */
export function errorLog(service: string): ErrorLog {
  const level = process.env["TEST_LOG_LEVEL"];
  const lines: string[] = [];
  const destination = {
    write(line: string): void {
      lines.push(line);
      if (lines.length > REMEMBERED) lines.shift();
      if (level !== undefined) process.stdout.write(line);
    },
  };
  return {
    log: createLog({ service, level: level ?? "error", destination }),
    errorOf(requestId) {
      const logged = lines.map((line) => JSON.parse(line) as Line);
      const err = logged.findLast((line) => line.requestId === requestId && line.err)?.err;
      return err && Object.assign(new Error(err.message), { stack: err.stack });
    },
  };
}
