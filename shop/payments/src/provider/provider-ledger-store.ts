import type { Queryable, Transaction } from "@flotilla/chassis/database";
import type { Charge, ChargeRequest } from "./provider-ledger.ts";

type Row = Omit<Charge, "request"> & { [Field in keyof ChargeRequest]: ChargeRequest[Field] | null };

/** Whether a charge with this key was asked for, or refunded, before. */
export async function isKnown(database: Queryable, key: string): Promise<boolean> {
  return (await database.query("select 1 from provider.charge where key = $1", [key])).length > 0;
}

/** Locks the charge with this key. One that is new begins open, or voided when there is no request. */
export async function lockCharge(tx: Transaction, key: string, request: ChargeRequest | null): Promise<Charge> {
  await tx.query(
    `insert into provider.charge (key, status, reference, amount, currency, method)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [
      key,
      request ? "open" : "voided",
      request?.reference ?? null,
      request?.amount ?? null,
      request?.currency ?? null,
      request?.method ?? null,
    ],
  );
  const rows = await tx.query<Row>(
    `select key, status, reference, amount::float8 as amount, currency, method, decline_code as "declineCode", failures
       from provider.charge where key = $1 for update`,
    [key],
  );
  return asCharge(rows[0] as Row);
}

/** Stores what became of a charge, and the money that moved by it. */
export async function saveCharge(tx: Transaction, before: Charge, after: Charge): Promise<void> {
  if (before === after) return;
  await tx.query("update provider.charge set status = $2, decline_code = $3, failures = $4 where key = $1", [
    after.key,
    after.status,
    after.declineCode,
    after.failures,
  ]);
  if (after.status === "captured") await addEntry(tx, after, "capture");
  if (after.status === "refunded") await addEntry(tx, after, "refund");
}

async function addEntry(tx: Transaction, charge: Charge, kind: "capture" | "refund"): Promise<void> {
  await tx.query(
    `insert into provider.entry (charge_key, kind, reference, amount, currency)
     select key, $2, reference, amount, currency from provider.charge where key = $1`,
    [charge.key, kind],
  );
}

function asCharge({ reference, amount, currency, method, ...charge }: Row): Charge {
  const complete = reference !== null && amount !== null && currency !== null && method !== null;
  return { ...charge, request: complete ? { reference, amount, currency, method } : null };
}
