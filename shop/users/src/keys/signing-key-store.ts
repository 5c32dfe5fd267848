import type { Queryable, Transaction } from "@flotilla/chassis/database";
import type { PrivateJwk } from "@flotilla/chassis/identity";

/** A key that signs access tokens, and when it was made. */
export type StoredKey = { readonly privateJwk: PrivateJwk; readonly createdAt: Date };

/** The signing keys in the database: the only place with SQL about them. */
export type SigningKeyStore = ReturnType<typeof signingKeyStore>;

export const signingKeyStore = (database: Queryable) => ({
  /** Oldest first. */
  async list(queryable: Queryable = database): Promise<StoredKey[]> {
    return queryable.query<StoredKey>(
      `select private_jwk as "privateJwk", created_at as "createdAt" from signing_key order by created_at, kid`,
    );
  },

  /** Keeps other replicas from changing the keys until the transaction ends. */
  async lock(tx: Transaction): Promise<void> {
    await tx.query("lock table signing_key in share row exclusive mode");
  },

  async add(tx: Transaction, { privateJwk, createdAt }: StoredKey): Promise<void> {
    await tx.query("insert into signing_key (kid, private_jwk, created_at) values ($1, $2, $3)", [
      privateJwk.kid,
      JSON.stringify(privateJwk),
      createdAt,
    ]);
  },

  async forget(keys: readonly StoredKey[]): Promise<void> {
    await database.query("delete from signing_key where kid = any ($1)", [keys.map((key) => key.privateJwk.kid)]);
  },
});
