/** What somebody asks the provider to charge. `reference` is the asker's name for it: the order. */
export type ChargeRequest = {
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: string;
};

/** A charge as the provider has it. One without a request is a tombstone: it was refunded before it came. */
export type Charge = {
  readonly key: string;
  readonly status: "open" | "captured" | "declined" | "refunded" | "voided";
  readonly request: ChargeRequest | null;
  readonly declineCode: string | null;
  /** How often the provider failed before it decided. */
  readonly failures: number;
};

const FLAKY_FAILURES = 2;

const declineCodes: Readonly<Record<string, string>> = {
  pm_card_declined: "card_declined",
  pm_card_insufficient_funds: "insufficient_funds",
};

/** What becomes of a charge that is asked for: an open one is decided by its card, a decided one stays as it is. */
export function decide(charge: Charge): Charge {
  if (charge.status !== "open" || charge.request === null) return charge;
  const { method } = charge.request;
  if (method === "pm_card_flaky" && charge.failures < FLAKY_FAILURES) {
    return { ...charge, failures: charge.failures + 1 };
  }
  const declineCode = declineCodes[method];
  return declineCode ? { ...charge, status: "declined", declineCode } : { ...charge, status: "captured" };
}

/** What becomes of a charge that is refunded: one that can still be captured never will be. */
export function refund(charge: Charge): Charge {
  if (charge.status === "captured") return { ...charge, status: "refunded" };
  return charge.status === "open" ? { ...charge, status: "voided" } : charge;
}

/** Whether the key was used before for the same charge. */
export const sameRequest = (charge: Charge, asked: ChargeRequest): boolean =>
  charge.request !== null &&
  charge.request.reference === asked.reference &&
  charge.request.amount === asked.amount &&
  charge.request.currency === asked.currency &&
  charge.request.method === asked.method;
