import { sqlState } from "../database/postgres-error.ts";

/** Whether the server has ended a statement since it took too long (57014): it is there, and less may be quicker. */
export const tookTooLong = (error: unknown): boolean => sqlState(error) === "57014";
