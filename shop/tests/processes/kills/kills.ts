import type { Boundary, Work } from "../../../../chassis/src/telemetry/boundary.ts";

/** A place at which a process is killed: F-01 of the guarantees. */
export type Kill = {
  readonly step: "reserve" | "charge" | "confirm" | "email" | "refund" | "release" | "cancel";
  readonly role: "orchestrator" | "participant";
  /** The service whose process dies. */
  readonly service: string;
  readonly boundary: Boundary;
  /** What it is at work on there, besides the request: a step of the saga, or an event. */
  readonly about: Pick<Work, "step" | "type">;
};

/** What a customer does. */
export type Deed = "place" | "cancel";

type Place = readonly [Kill["step"], Kill["role"], Kill["service"], readonly Boundary[], Kill["about"]];

const changing = ["before transaction", "in transaction", "after commit"] as const;
const sending = ["after publish", "after confirm"] as const;
const hearing = ["before handler", "after its commit", "after acknowledgement"] as const;

/** All places there are. Steps travel by calls: so not each of them has events. */
const places: Readonly<Record<Deed, readonly Place[]>> = {
  place: [
    ["reserve", "orchestrator", "orders", changing, { step: "reserve stock" }],
    ["reserve", "participant", "inventory", changing, {}],
    ["reserve", "participant", "inventory", sending, { type: "stock.changed" }],
    ["reserve", "participant", "products", hearing, { type: "stock.changed" }],
    ["charge", "orchestrator", "orders", changing, { step: "charge payment" }],
    ["charge", "participant", "payments", changing, {}],
    ["charge", "participant", "payments", sending, { type: "payment.captured" }],
    ["confirm", "orchestrator", "orders", changing, { step: "confirm order" }],
    ["confirm", "participant", "notifications", changing, {}],
    ["confirm", "participant", "notifications", hearing, { type: "order.confirmed" }],
    ["email", "orchestrator", "orders", sending, { type: "order.confirmed" }],
    ["email", "participant", "email", changing, {}],
    ["email", "participant", "email", hearing, { type: "order.confirmed" }],
  ],
  cancel: [
    ["refund", "orchestrator", "orders", changing, { step: "refund payment" }],
    ["refund", "participant", "payments", changing, {}],
    ["refund", "participant", "payments", sending, { type: "payment.refunded" }],
    ["release", "orchestrator", "orders", changing, { step: "return stock" }],
    ["release", "participant", "inventory", changing, {}],
    ["release", "participant", "inventory", sending, { type: "stock.changed" }],
    ["release", "participant", "products", hearing, { type: "stock.changed" }],
    ["cancel", "orchestrator", "orders", changing, { step: "record cancellation" }],
    ["cancel", "orchestrator", "orders", sending, { type: "order.cancelled" }],
    ["cancel", "participant", "notifications", changing, {}],
    ["cancel", "participant", "notifications", hearing, { type: "order.cancelled" }],
  ],
};

/**
 * The kills under what a customer does: two boundaries of each step and role, not the same on both brokers; with KILLS=all in the
 * environment every boundary there is, which takes minutes (`KILLS=all node --test shop/tests/processes/kills/kills-*.test.ts`).
 */
export function killsUnder(deed: Deed, broker: "embedded" | "rabbitmq"): readonly Kill[] {
  const kills = places[deed]
    .flatMap(([step, role, service, boundaries, about]) =>
      boundaries.map((boundary) => ({ step, role, service, boundary, about })),
    )
    // RabbitMQ tells nobody that an acknowledgement has arrived.
    .filter(({ boundary }) => broker === "embedded" || boundary !== "after acknowledgement");
  if (process.env["KILLS"] === "all") return kills;
  const groups = Map.groupBy(kills, ({ step, role }) => `${step} ${role}`);
  const other = (group: Kill[]) => (broker === "embedded" ? 0 : Math.floor((group.length - 1) / 2));
  return [...groups.values()].flatMap((group) => [group[other(group)], group.at(-1)] as Kill[]);
}
