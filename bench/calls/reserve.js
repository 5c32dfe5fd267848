// What every subject's service does: the same answer to the same request.
import { readFileSync } from "node:fs";

export const { id, body, schema } = JSON.parse(readFileSync(new URL("./reservation.json", import.meta.url), "utf8"));

/** What the answer looks like. */
export const replySchema = {
  ...schema,
  required: ["id", ...schema.required, "status", "reservedUntil"],
  properties: {
    ...schema.properties,
    id: { type: "string" },
    status: { const: "reserved" },
    reservedUntil: { type: "string", format: "date-time" },
  },
};

/** Reserves nothing, and says that it did. */
export const reserve = (id, { customerId, items }) => ({
  id,
  customerId,
  items,
  status: "reserved",
  reservedUntil: "2030-01-01T00:00:00.000Z",
});
