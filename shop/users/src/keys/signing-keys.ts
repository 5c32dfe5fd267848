import type { Database } from "@flotilla/chassis/database";
import {
  accessTokens,
  newSigningKey,
  type PublicJwk,
  publicPart,
  type SignAccessToken,
} from "@flotilla/chassis/identity";
import type { Clock } from "@flotilla/chassis/service";
import { isSuccessorDue, keysToShow, signingKeyOf } from "./key-rotation.ts";
import type { SigningKeyStore, StoredKey } from "./signing-key-store.ts";

export type SigningKeys = {
  /** Signs an access token with the key whose turn it is. */
  readonly sign: SignAccessToken;
  /** The public keys whose tokens may still be good. */
  shown(): PublicJwk[];
  /** Loads the keys, and makes the first or the next one when it is due. Before the first load nothing can be signed. */
  refresh(): Promise<void>;
};

/** The keys that sign access tokens. They are shared by all replicas, which {@link SigningKeys.refresh} them every minute. */
export function signingKeys(needs: { database: Database; store: SigningKeyStore; clock: Clock }): SigningKeys {
  const { database, store, clock } = needs;
  let shown: PublicJwk[] = [];
  let current: { kid: string; sign: SignAccessToken } | undefined;

  function use(keys: readonly StoredKey[]): void {
    const now = clock.now();
    shown = keysToShow(keys, now).map((key) => publicPart(key.privateJwk));
    const key = signingKeyOf(keys, now).privateJwk;
    if (current?.kid !== key.kid) current = { kid: key.kid, sign: accessTokens({ key, clock }) };
  }

  async function succeed(): Promise<StoredKey[]> {
    const { privateJwk } = await newSigningKey();
    return database.transaction(async (tx) => {
      await store.lock(tx);
      const keys = await store.list(tx);
      const now = clock.now();
      if (!isSuccessorDue(keys, now)) return keys;
      await store.add(tx, { privateJwk, createdAt: now });
      return store.list(tx);
    });
  }

  async function forgetOld(keys: readonly StoredKey[]): Promise<void> {
    const kept = keysToShow(keys, clock.now());
    if (kept.length < keys.length) await store.forget(keys.filter((key) => !kept.includes(key)));
  }

  return {
    sign(user) {
      if (!current) throw new Error("the signing keys are not loaded yet");
      return current.sign(user);
    },
    shown: () => shown,
    async refresh() {
      const known = await store.list();
      const keys = isSuccessorDue(known, clock.now()) ? await succeed() : known;
      use(keys);
      await forgetOld(keys);
    },
  };
}
