import type { Agent } from "node:http";
import { firstAnswer, readJson } from "../sessions/ask-identity-service.ts";
import type { KeySet } from "./signing-key.ts";

/** Where the identity service shows its public keys (RFC 8615, RFC 7517). */
export const JWKS_PATH = "/.well-known/jwks.json";

/** Reads the key set from the first of `instances` that answers, within 2 seconds each. Throws when none does. */
export const fetchKeySet = (agent: Agent, instances: readonly string[]): Promise<KeySet> =>
  firstAnswer(instances, async (instance) => {
    const set = await readJson(agent, instance + JWKS_PATH);
    if (typeof set !== "object" || set === null || !("keys" in set) || !Array.isArray(set.keys)) {
      throw new Error("the key set is not one");
    }
    return { keys: set.keys };
  });
