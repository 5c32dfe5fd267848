import { Problem } from "./problem.ts";

type Sent = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal | undefined };

/** Milliseconds; longer than any call of the shop may take. */
const LONGEST = 45_000;

/** Sends one request below `/api`. Throws a Problem with status 0 when no answer comes, and the signal's reason when it was aborted. */
export async function send(method: string, path: string, { body, headers, signal }: Sent): Promise<Response> {
  const timeout = AbortSignal.timeout(LONGEST);
  try {
    return await fetch(`/api${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      credentials: "omit",
    });
  } catch {
    signal?.throwIfAborted();
    throw new Problem(0, "unreachable");
  }
}
