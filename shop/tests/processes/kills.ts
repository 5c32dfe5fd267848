import type { Boundary, Work } from "@flotilla/chassis/telemetry/boundary";

/** A place at which a process is killed: F-01 of the guarantees. */
export type Kill = {
  readonly step: "reserve" | "charge" | "confirm" | "email" | "refund" | "release" | "cancel";
  readonly role: "orchestrator" | "participant";
  /** The service whose process dies. */
  readonly service: string;
  readonly boundary: Boundary;
  /** What it is at work on there, besides the request: a step of the saga, or an event. */
  readonly about: Pick<Work, "step" | "type">;
  /** What the customer does that leads there. */
  readonly request: "place" | "cancel";
};

type Place = Omit<Kill, "boundary"> & { readonly boundaries: readonly Boundary[] };

const changing: readonly Boundary[] = ["before transaction", "in transaction", "after commit"];
const sending: readonly Boundary[] = ["after publish", "after confirm"];
const hearing: readonly Boundary[] = ["before handler", "after its commit", "after acknowledgement"];

/** The saga's own record of a step. */
const recording = (step: Kill["step"], name: string, request: Kill["request"]): Place => ({
  ...{ step, role: "orchestrator", service: "orders", boundaries: changing, about: { step: name }, request },
});

/** What a service does for a step when it is asked or told, and the event that it then publishes. */
const taking = (step: Kill["step"], service: string, request: Kill["request"], event?: string): Place[] => [
  { step, role: "participant", service, boundaries: changing, about: {}, request },
  ...(event
    ? [{ step, role: "participant", service, boundaries: sending, about: { type: event }, request } as const]
    : []),
];

const hearingOf = (step: Kill["step"], service: string, request: Kill["request"], type: string): Place => ({
  ...{ step, role: "participant", service, boundaries: hearing, about: { type }, request },
});

const telling = (step: Kill["step"], request: Kill["request"], type: string): Place => ({
  ...{ step, role: "orchestrator", service: "orders", boundaries: sending, about: { type }, request },
});

const places: readonly Place[] = [
  recording("reserve", "reserve stock", "place"),
  ...taking("reserve", "inventory", "place", "stock.changed"),
  hearingOf("reserve", "products", "place", "stock.changed"),
  recording("charge", "charge payment", "place"),
  ...taking("charge", "payments", "place", "payment.captured"),
  recording("confirm", "confirm order", "place"),
  ...taking("confirm", "notifications", "place"),
  hearingOf("confirm", "notifications", "place", "order.confirmed"),
  telling("email", "place", "order.confirmed"),
  ...taking("email", "email", "place"),
  hearingOf("email", "email", "place", "order.confirmed"),
  recording("refund", "refund payment", "cancel"),
  ...taking("refund", "payments", "cancel", "payment.refunded"),
  recording("release", "return stock", "cancel"),
  ...taking("release", "inventory", "cancel", "stock.changed"),
  hearingOf("release", "products", "cancel", "stock.changed"),
  recording("cancel", "record cancellation", "cancel"),
  telling("cancel", "cancel", "order.cancelled"),
  ...taking("cancel", "notifications", "cancel"),
  hearingOf("cancel", "notifications", "cancel", "order.cancelled"),
];

/** Every step, role and boundary that there is: steps travel by calls, so that not each of them has events. */
const allKills: readonly Kill[] = places.flatMap(({ boundaries, ...place }) =>
  boundaries.map((boundary) => ({ ...place, boundary })),
);

/** What tells nobody that it has arrived can't be waited for: RabbitMQ does not confirm acknowledgements. */
const onRabbitmq = allKills.filter(({ boundary }) => boundary !== "after acknowledgement");

/**
 * The kills under what a customer does: two boundaries of each step and role, not the same on both brokers; with KILLS=all in the
 * environment every boundary there is, which takes minutes (`KILLS=all node --test shop/tests/processes/kills-*.test.ts`).
 */
export function killsUnder(request: Kill["request"], broker: "embedded" | "rabbitmq"): readonly Kill[] {
  const kills = (broker === "embedded" ? allKills : onRabbitmq).filter((kill) => kill.request === request);
  if (process.env["KILLS"] === "all") return kills;
  const groups = Map.groupBy(kills, ({ step, role }) => `${step} ${role}`);
  const other = (group: Kill[]) => (broker === "embedded" ? 0 : Math.floor((group.length - 1) / 2));
  return [...groups.values()].flatMap((group) => [group[other(group)], group.at(-1)] as Kill[]);
}
