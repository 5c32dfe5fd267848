import { defineTopology } from "@flotilla/chassis/topology";

/** Who runs. What each service answers, publishes and consumes it says in its own service.ts. */
export const system = defineTopology(import.meta.url, {
  edge: "gateway",
  services: ["gateway", "greetings", "journal"],
});
