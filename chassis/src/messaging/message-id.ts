import { validate as isUuid } from "uuid";

/** The one spelling of a message's id: a UUID in lower case. Undefined for what is no UUID: such a message has no repeats to be known. */
export const canonicalId = (id: unknown): string | undefined =>
  typeof id === "string" && isUuid(id) ? id.toLowerCase() : undefined;
