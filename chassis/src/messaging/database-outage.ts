import { unavailable } from "../core/failure.ts";

/**
 * Whether the database itself is away, rather than the handler having failed. A statement that took too long (57014) is
 * the handler's: it would hold up its key for ever.
 */
export function isDatabaseOutage(error: unknown): boolean {
  if (!unavailable.is(error) || !(error.cause instanceof Error)) return false;
  return (error.cause as { code?: unknown }).code !== "57014";
}
