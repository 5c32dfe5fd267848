import { defineTopology, type TopologyService } from "@flotilla/chassis/topology";

const service = (name: string): TopologyService => ({
  name,
  main: new URL(`./${name}/src/main.ts`, import.meta.url),
});

/** The shop: who runs. Each calls only services of the tiers below its own. */
export const shop = defineTopology({
  tiers: [
    [{ ...service("gateway"), edge: true }],
    [service("orders")],
    [service("email"), service("notifications")],
    [service("users"), service("products"), service("inventory"), service("payments")],
  ],
});
