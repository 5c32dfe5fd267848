import { accessTokens } from "@flotilla/chassis/identity";
import { newId } from "@flotilla/chassis/service";
import type { Shop } from "../fixtures/shop.ts";
import type { Visitor } from "../fixtures/visitor.ts";
import { signingKeyOf } from "./forged-tokens.ts";

/** A customer who is signed in. */
export type MadeUser = { readonly id: string; readonly token: string };

/** Begins a session of a user with each call, and returns its access token, signed with the shop's own key. */
export async function newSessions(shop: Shop, { id, name, role }: Visitor["user"]): Promise<() => Promise<string>> {
  const database = shop.database("users");
  const sign = accessTokens({ key: await signingKeyOf(shop) });
  return async () => {
    const session = newId();
    await database.query(
      "insert into session (id, account_id, created_at, expires_at) values ($1, $2, now(), now() + interval '1 day')",
      [session, id],
    );
    return sign({ id, name, role, session });
  };
}

/**
 * Makes customers without the work of hashing a password for each: their accounts and sessions are copies of those of the customer
 * with the id `like`, and their tokens are signed with the shop's own key.
 */
export async function madeUsers(shop: Shop, like: string): Promise<() => Promise<MadeUser>> {
  const database = shop.database("users");
  const sign = accessTokens({ key: await signingKeyOf(shop) });
  return async () => {
    const [id, session] = [newId(), newId()];
    await database.query(
      `insert into account (id, name, email, email_key, password_hash, role, created_at)
       select $1, name, $2, $2, password_hash, role, created_at from account where id = $3`,
      [id, `${id}@mail.example`, like],
    );
    await database.query(
      `insert into session (id, account_id, network, created_at, expires_at)
       select $1, $2, network, created_at, expires_at from session where account_id = $3 limit 1`,
      [session, id, like],
    );
    return { id, token: await sign({ id, name: "Made", role: "customer", session }) };
  };
}
