import type { Call } from "./call.ts";

const LONGEST_WAIT = 30;

/** Milliseconds to wait, from a `Prefer` header (RFC 7240): `wait=N` seconds, at most 30 of them; 0 when it asks for no waiting. */
export function preferredWait(header: string | undefined): number {
  const match = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "");
  return match ? Math.min(Number(match[1]), LONGEST_WAIT) * 1_000 : 0;
}

/** Whether a request for a call, with this `Prefer` header, waits for something that others do. */
export const isWaiting = ({ shape: { waits } }: Call, prefer: string | undefined): boolean =>
  waits === "always" || (waits === "preferred" && preferredWait(prefer) > 0);
