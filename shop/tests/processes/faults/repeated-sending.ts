import { eventually } from "../../fixtures/visitor.ts";
import { publishers, waitUntilSettled } from "../fixtures/books.ts";
import type { RunningShop } from "../fixtures/running-shop.ts";

/** Every event is sent so many times more. */
export const REPEATS = 2;

/** Longer than everything takes on a machine that has other things to do. */
const PATIENCE = 90_000;

/** Of ten events the repeats of so many come when all others have come: behind what was published after them. */
const LATE = 3;

/**
 * Has every event of a shop sent three times, as by relays that die before they have written down what the broker confirmed. Call `finish` when
 * all is done that is to be repeated. `queued` are the ids of the messages that the broker holds: a repeat of them would not be noticed.
 */
export async function sendThrice(shop: RunningShop, queued: () => Promise<string[]>) {
  const outboxes = publishers.map((service) => shop.database(service));
  for (const outbox of outboxes) await outbox.query("create table resent (seq bigint primary key, times integer)");

  async function round(late: boolean): Promise<void> {
    for (const outbox of outboxes) await outbox.query(SEND_AGAIN, [await queued(), late ? 0 : LATE, REPEATS]);
  }
  const left = async (): Promise<number> => {
    const counts = await Promise.all(outboxes.map((outbox) => outbox.query<{ n: number }>(LEFT, [REPEATS])));
    return counts.flat().reduce((sum, { n }) => sum + n, 0);
  };

  let finishing = false;
  const look = async () => {
    await round(finishing);
    return (finishing && (await left()) === 0) || undefined;
  };
  const repeating = eventually("everything was repeated", look, PATIENCE);
  // A test that has failed before does not ask.
  repeating.catch(() => {});
  return {
    async finish(): Promise<void> {
      await waitUntilSettled(shop);
      finishing = true;
      await repeating;
      await waitUntilSettled(shop);
    },
  };
}

const SEND_AGAIN = `
  with again as (
    update outbox o set sent_at = null
     where sent_at is not null and message ->> 'id' <> all ($1::text[]) and seq % 10 >= $2
       and not exists (select from resent r where r.seq = o.seq and r.times >= $3)
    returning seq)
  insert into resent select seq, 1 from again on conflict (seq) do update set times = resent.times + 1`;

const LEFT = `
  select count(*)::int as n from outbox o
   where sent_at is null or not exists (select from resent r where r.seq = o.seq and r.times >= $1)`;
