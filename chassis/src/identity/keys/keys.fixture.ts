import { createVerifier } from "../tokens/verify.ts";
import { importKeySet } from "./public-keys.ts";
import { newServiceKey, newSigningKey } from "./signing-key.ts";
import type { FindUserKeys } from "./user-keys.ts";

/** The keys of three services and of the identity service, and a verifier of the service `inventory` that knows them. */
export async function verifierWithKeys(options: Partial<Parameters<typeof createVerifier>[0]> = {}) {
  const [orders, payments, users] = await Promise.all([
    newServiceKey("orders"),
    newServiceKey("payments"),
    newSigningKey("user-key-1"),
  ]);
  const keys = await importKeySet({ keys: [users.publicJwk] });
  const asked: string[] = [];
  const userKeys: FindUserKeys = async (kid) => {
    asked.push(kid);
    return keys.get(kid) ?? [];
  };
  const serviceKeys = { keys: [orders.publicJwk, payments.publicJwk] };
  const verify = createVerifier({ service: "inventory", serviceKeys, userKeys, ...options });
  return { orders, payments, users, verify, asked };
}
