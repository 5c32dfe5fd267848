import { defineTopology } from "@flotilla/chassis/topology";

/** The shop: who runs. What each service answers, calls, consumes and runs it says in its own service.ts, and all else follows from that. */
export const shop = defineTopology(import.meta.url, {
  edge: "gateway",
  identity: "users",
  services: ["gateway", "orders", "email", "notifications", "users", "products", "inventory", "payments"],
});
