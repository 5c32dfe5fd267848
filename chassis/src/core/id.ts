import { v7 } from "uuid";

/** A new id: a UUID version 7 (RFC 9562). Ids made by one process sort in the order they were made. */
export const newId = (): string => v7();
