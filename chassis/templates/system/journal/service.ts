import { pageOf, type Static } from "@flotilla/chassis/contract";
import { on } from "@flotilla/chassis/messaging";
import { defineService } from "@flotilla/chassis/service";
import { greetingSent } from "../contracts/greetings.ts";
import { type Entry, journal } from "../contracts/journal.ts";

export const service = defineService(journal, {
  consumes: [
    on(greetingSent, async ({ id, text }, tx) => {
      await tx.query("insert into entry (id, text) values ($1, $2)", [id, `Someone said: ${text}`]);
    }),
  ],
  wire: ({ database }) => ({
    async listEntries({ query: { cursor = "", limit = 20 } }) {
      const page = "select id, text from entry where id > $1 order by id limit $2";
      return pageOf(await database.query<Static<typeof Entry>>(page, [cursor, limit + 1]), limit);
    },
  }),
});
