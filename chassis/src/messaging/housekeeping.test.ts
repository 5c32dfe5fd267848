import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { messagingHousekeeping } from "./housekeeping.ts";
import { serviceDatabase } from "./messaging.fixture.ts";

describe("housekeeping", () => {
  it("removes what is old in steps, and neither unsent nor parked events", async (t) => {
    const { database } = await serviceDatabase(t);
    await database.query(`insert into outbox (key, message, sent_at, parked_at, held_until)
      select 'a', '{}', case when n % 100 > 1 then now() - interval '4 days' end,
        case when n % 100 = 0 then now() - interval '4 days' end, null
      from generate_series(1, 1500) n`);
    await database.query("insert into outbox (key, message, sent_at) values ('recent', '{}', now())");
    await database.query(`insert into inbox (message_id, consumer, handled_at)
      select gen_random_uuid(), 'reader', now() - interval '15 days' from generate_series(1, 1500)`);
    await database.query("insert into inbox (message_id, consumer) values (gen_random_uuid(), 'recent')");
    let steps = 1;
    while (await messagingHousekeeping(database, { outbox: 3, inbox: 14, letters: 90 })) steps += 1;
    equal(steps, 2);
    deepEqual(await database.query("select consumer from inbox"), [{ consumer: "recent" }]);
    const [left] = await database.query(`select count(*) filter (where parked_at is not null) as parked,
      count(*) filter (where sent_at is null and parked_at is null) as unsent,
      count(*) filter (where sent_at is not null) as sent from outbox`);
    deepEqual(left, { parked: 15, unsent: 15, sent: 1 });
  });
});
