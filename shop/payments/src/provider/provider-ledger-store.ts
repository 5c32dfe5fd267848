import { combinedWrite, type Queryable } from "@flotilla/chassis/database";
import type { Charge, ChargeRequest } from "./provider-ledger.ts";

type Row = Omit<Charge, "request"> & { [Field in keyof ChargeRequest]: ChargeRequest[Field] | null };

/** Whether a charge with this key was asked for, or refunded, before. */
export async function isKnown(database: Queryable, key: string): Promise<boolean> {
  return (await database.query("select 1 from provider.charge where key = $1", [key])).length > 0;
}

/** A key, and what is asked for by it: nothing, when it is refunded. */
type Asked = { readonly key: string; readonly request: ChargeRequest | null };

/** Locks the charge with this key. One that is new begins open, or voided when there is no request. */
export const lockCharge = combinedWrite<Asked, Charge>(
  async (tx, asked) => {
    const rows = asked.map(({ key, request }) => ({ key, status: request ? "open" : "voided", ...request }));
    await tx.query(
      `insert into provider.charge (key, status, reference, amount, currency, method)
     select key, status, reference, amount, currency, method
       from json_to_recordset($1) as given (key text, status text, reference text, amount bigint, currency text, method text)
      order by key on conflict do nothing`,
      [JSON.stringify(rows)],
    );
    const found = await tx.query<Row>(
      `select key, status, reference, amount::float8 as amount, currency, method, decline_code as "declineCode", failures
       from provider.charge where key = any ($1) order by key for update`,
      [asked.map(({ key }) => key)],
    );
    const charges = new Map(found.map((row) => [row.key, asCharge(row)]));
    return asked.map(({ key }) => charges.get(key) as Charge);
  },
  { holds: ({ key }) => `charge ${key}` },
);

/** Stores what became of a charge that is locked, and the money that moved by it. */
export const saveCharge = combinedWrite<Charge, void>(async (tx, charges) => {
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  const rows = charges.map(({ key, status, declineCode, failures }) => ({
    one: 1,
    key,
    status,
    declineCode,
    failures,
  }));
  await tx.query(
    `with given as (
       select * from json_to_recordset($1) as given (one integer, key text, status text, "declineCode" text, failures integer)
     ), saved as (
       update provider.charge set status = given.status, decline_code = given."declineCode", failures = given.failures
         from given where given.one = 1 and charge.key = given.key
       returning charge.key, charge.status, reference, amount, currency
     )
     insert into provider.entry (charge_key, kind, reference, amount, currency)
     select key, case status when 'captured' then 'capture' else 'refund' end, reference, amount, currency
       from saved where status in ('captured', 'refunded')`,
    [JSON.stringify(rows)],
  );
  return charges.map(() => undefined);
});

function asCharge({ reference, amount, currency, method, ...charge }: Row): Charge {
  const complete = reference !== null && amount !== null && currency !== null && method !== null;
  return { ...charge, request: complete ? { reference, amount, currency, method } : null };
}
