const LONGEST_WAIT = 30;

/** Seconds to wait, from a `Prefer` header (RFC 7240): `wait=N`, at most 30; undefined when it asks for no waiting. */
export function preferredWait(header: string | undefined): number | undefined {
  const match = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "");
  return match ? Math.min(Number(match[1]), LONGEST_WAIT) : undefined;
}
