import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually } from "../fixtures/visitor.ts";
import { deadLetters } from "./dead-letters-command.ts";
import { runShop, shopFolder } from "./fixtures/running-shop.ts";

test("a poisoned message is parked with its cause, seen, mended and redriven; only the administrator may", async (t) => {
  const dataFolder = await shopFolder(t);
  const shop = await runShop(t, { dataFolder });
  const [user, id] = [randomUUID(), randomUUID()];
  const address = `poison-${user}@mail.example`;
  const message = {
    ...{ id, type: "user.created", version: 1, key: user, source: "users", time: new Date().toISOString() },
    ...{ requestId: randomUUID(), traceparent: "", body: { userId: user, email: 7 } },
  };
  // As if a service had published what nobody can read.
  await shop
    .database("users")
    .query("insert into outbox (key, message) values ($1, $2)", [user, JSON.stringify(message)]);
  const [letter] = await eventually("it is parked", async () => {
    const rows = await shop
      .database("email")
      .query<{ id: string; cause: string; attempts: number }>(
        "select id, cause, attempts from dead_letter where message_id = $1",
        [id],
      );
    return rows.length > 0 ? rows : undefined;
  });
  assert.ok(letter);
  assert.match(letter.cause, /\/email must be string/);
  assert.equal(letter.attempts, 1);
  assert.match(
    await deadLetters(dataFolder, "list", "email"),
    new RegExp(`${letter.id}  parked +user\\.created  1 attempts`),
  );
  assert.match(await deadLetters(dataFolder, "show", "email", letter.id), /"email": 7/);

  const body = JSON.stringify({ userId: user, name: "Poison", email: address, createdAt: new Date().toISOString() });
  await assert.rejects(deadLetters(dataFolder, "redrive", "email", letter.id), /--reason is required/);
  const told = await deadLetters(
    dataFolder,
    "edit",
    "email",
    letter.id,
    "--body",
    body,
    "--reason",
    "a number for an email",
  );
  assert.match(told, /"what":"edited"/);
  await deadLetters(dataFolder, "redrive", "email", letter.id, "--reason", "mended");
  const letters = "select state, cause from dead_letter where id = $1";
  await eventually("it is redriven", async () => {
    const [row] = await shop.database("email").query<{ state: string }>(letters, [letter.id]);
    return row?.state === "redriven" || row?.state === "parked" ? row : undefined;
  });
  const [ended] = await shop.database("email").query(letters, [letter.id]);
  assert.equal(ended?.["state"], "redriven", JSON.stringify(ended));

  const url = new URL("/operations/dead-letters", (await shop.where()).services["email"]?.[0]?.url);
  const customer = await shop.visitor().register("Ann", `ann-${user}@mail.example`);
  const ask = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
  assert.equal(await ask({}), 401);
  assert.equal(await ask({ authorization: `Bearer ${customer.session?.accessToken}` }), 403);
  assert.equal((await shop.visitor().ask("GET", "/operations/dead-letters")).status, 404);
});
