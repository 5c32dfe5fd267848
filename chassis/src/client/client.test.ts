import { test } from "node:test";
import type { Client, MakeClient } from "./client.ts";
import { things } from "./things.fixture.ts";

/** Never run: that it compiles is the test. Each `@ts-expect-error` fails the types check when its line becomes right. */
async function typed(make: MakeClient, client: Client<typeof things>): Promise<void> {
  const { id, size } = await make(things).getThing({ params: { id: "t1" }, query: { deep: true } });
  id satisfies string;
  size satisfies number;
  const added = await client.addThing({ body: { size: 1 }, key: "k" }, { timeout: 100 });
  if ("later" in added) added.later satisfies boolean;
  (await client.dropThing({ params: { id: "t1" } })) satisfies undefined;

  // @ts-expect-error a path parameter is missing
  await client.getThing({});
  // @ts-expect-error a path parameter of another name
  await client.getThing({ params: { key: "t1" } });
  // @ts-expect-error the query has no such field
  await client.getThing({ params: { id: "t1" }, query: { colour: "red" } });
  // @ts-expect-error the body is missing
  await client.addThing({ key: "k" });
  // @ts-expect-error a field of another type
  await client.addThing({ body: { size: "1" } });
  // @ts-expect-error the contract has no such call
  await client.paintThing({});
  // @ts-expect-error the reply has no such field
  (await client.getThing({ params: { id: "t1" } })).colour;
}

test("inputs and replies are typed by the contract", () => {
  void typed;
});
