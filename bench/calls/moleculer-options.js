// What Moleculer's documentation offers for the work that ours does on each call; SAME_WORK says whether a process does it.

export const sameWork = process.env.SAME_WORK === "yes";

/** Options of a broker, on either side. */
export const options = sameWork
  ? {
      requestTimeout: 10_000,
      metrics: { enabled: true },
      tracing: {
        enabled: true,
        sampling: { rate: 0.1 },
        exporter: { type: "Zipkin", options: { baseURL: process.env.OTEL_EXPORTER_OTLP_ENDPOINT } },
      },
    }
  : {};

const text = { type: "string", min: 1, max: 64 };
const quantity = { type: "number", integer: true, min: 1, max: 1000 };

/** What is asked, and what is answered. */
export const input = {
  $$strict: true,
  id: text,
  customerId: text,
  items: {
    type: "array",
    min: 1,
    max: 100,
    items: { type: "object", strict: true, props: { productId: text, quantity } },
  },
};
export const reply = {
  ...input,
  status: { type: "equal", value: "reserved" },
  reservedUntil: { type: "string" },
};
