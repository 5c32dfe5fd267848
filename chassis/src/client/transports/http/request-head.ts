import type { Body } from "./connection.ts";

/** A request as a service gets it. */
export type UpstreamRequest = {
  readonly method: string;
  readonly path: string;
  /** As `[name, value, …]`, without `Host` and what frames the body. */
  readonly headers: readonly string[];
  readonly body: Body;
  /** Its answer waits for what others do: it takes no place of those that are worked on. */
  readonly idle?: boolean;
  /** Whose it is: where requests stand in line, callers take turns. */
  readonly caller?: string | undefined;
};

/** What no header can hold: beyond latin1 a character is cut down to one byte, which may be a line break. */
export const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSAFE_TARGET = /[^\x21-\x7e]/;

/**
 * The head of a request as it is sent in latin1, up to the header that tells where the body ends. Throws when the path or a
 * header could end its line early.
 */
export function requestHead({ method, path, headers }: UpstreamRequest, host: string): string {
  if (UNSAFE_TARGET.test(path)) throw new TypeError("the path holds a character that can't be sent");
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] as string;
    if (UNSAFE_VALUE.test(value)) throw new TypeError(`the header ${headers[at]} holds a character that can't be sent`);
    text += `${headers[at]}: ${value}\r\n`;
  }
  return text;
}
