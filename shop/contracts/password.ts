import { Type } from "typebox";

/** A password as it is chosen. */
export const Password = Type.String({ minLength: 8, maxLength: 200 });

/** Milliseconds. Passwords are hashed a few at a time: when hundreds sign in at once, they wait for their turn. */
export const HASHING_TURN = 30_000;
