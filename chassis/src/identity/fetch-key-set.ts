import { Agent, type Dispatcher, request } from "undici";
import type { KeySet } from "./signing-key.ts";

/** Where the identity service shows its public keys (RFC 8615, RFC 7517). */
const PATH = "/.well-known/jwks.json";
const TIMEOUT = 2_000;
const LARGEST = 64 * 1024;

/** The connections that {@link fetchKeySet} uses: few, and closed to answers over 64 KiB. */
export const keySetAgent = (): Agent =>
  new Agent({ connections: 1, keepAliveTimeout: 1_000, maxResponseSize: LARGEST, connect: { timeout: TIMEOUT } });

/** Reads the key set from the first of `instances` that answers, within 2 seconds each. Throws when none does. */
export async function fetchKeySet(dispatcher: Dispatcher, instances: readonly string[]): Promise<KeySet> {
  let cause: unknown = new Error("no instance of the identity service is known");
  for (const instance of instances) {
    try {
      return await fetchFrom(dispatcher, instance);
    } catch (error) {
      cause = error;
    }
  }
  throw cause;
}

async function fetchFrom(dispatcher: Dispatcher, instance: string): Promise<KeySet> {
  const { statusCode, headers, body } = await request(`${instance}${PATH}`, {
    dispatcher,
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const text = await body.text();
  const type = String(headers["content-type"]);
  if (statusCode !== 200 || !/^application\/(jwk-set\+)?json\b/.test(type)) {
    throw new Error(`the key set was answered with ${statusCode} and ${type}`);
  }
  const set: unknown = JSON.parse(text);
  if (typeof set !== "object" || set === null || !("keys" in set) || !Array.isArray(set.keys)) {
    throw new Error("the key set is not one");
  }
  return { keys: set.keys };
}
