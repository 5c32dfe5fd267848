import type { Contract } from "@flotilla/chassis/contract";
import { defineTopology, type TopologyService } from "@flotilla/chassis/topology";
import { contracts } from "@flotilla/contracts/shop";

const service = (name: string, ...calls: string[]): TopologyService => ({
  name,
  main: new URL(`./${name}/src/main.ts`, import.meta.url),
  calls,
  publishes: contracts.filter((each) => each.service === name).flatMap(eventTypes),
});

const eventTypes = ({ events }: Contract): string[] => Object.values(events).map(({ type }) => type);

/** Everything that people reach through the gateway. */
const behind = ["users", "products", "inventory", "orders", "payments", "email", "notifications"];

/** The shop: who runs, and who calls whom. */
export const shop = defineTopology({
  identity: "users",
  tiers: [
    [{ ...service("gateway", ...behind), edge: true }],
    [service("orders", "products", "inventory", "payments")],
    [service("email", "users"), service("notifications")],
    [service("users"), service("products"), service("inventory", "products"), service("payments")],
  ],
});
