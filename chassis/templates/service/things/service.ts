import type { Static } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { defineService, newId } from "@flotilla/chassis/service";
import { added, type Entry, things } from "../contracts/things.ts";

export const service = defineService(things, {
  wire: ({ database, publish }) => ({
    add: ({ body }) =>
      database.transaction(async (tx) => {
        const entry = { id: newId(), text: body.text };
        await tx.query("insert into entry (id, text) values ($1, $2)", [entry.id, entry.text]);
        await publish(tx, added, entry);
        return entry;
      }),
    async get({ params }) {
      const [entry] = await database.query<Static<typeof Entry>>("select id, text from entry where id = $1", [
        params.id,
      ]);
      if (!entry) throw notFound.failure();
      return entry;
    },
  }),
});
