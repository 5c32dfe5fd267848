import { defineService, newId } from "@flotilla/chassis/service";
import { greetingSent, greetings } from "../contracts/greetings.ts";

export const service = defineService(greetings, {
  wire: ({ database, publish }) => ({
    greet: ({ body }) =>
      database.transaction(async (tx) => {
        const greeting = { id: newId(), text: body.text };
        await tx.query("insert into greeting (id, text) values ($1, $2)", [greeting.id, greeting.text]);
        await publish(tx, greetingSent, greeting);
        return greeting;
      }),
  }),
});
