import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "@flotilla/chassis/database";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { receipt } from "./facts.fixture.ts";
import { mailStore } from "./mail-store.ts";

const migrations = [{ name: "email", folder: new URL("../migrations/", import.meta.url) }];
const HOUR = 3_600_000;

test("the same intent noted twice is one letter", async (t) => {
  const { mails, database } = await withMails(t, ["1", "1"]);
  assert.equal((await mails.claim(10, HOUR)).length, 1);
  assert.equal((await rows(database)).length, 1);
});

test("claims at the same time never share a letter", async (t) => {
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
  const { mails } = await withMails(t, ids);
  const claims = await Promise.all(Array.from({ length: 8 }, () => mails.claim(5, HOUR)));
  const claimed = claims.flat().map(({ id }) => id);
  assert.equal(new Set(claimed).size, claimed.length);
});

test("a letter is due again when its lease has ended, and the late outcome of the first claim is not recorded", async (t) => {
  const { mails, database } = await withMails(t, ["1"]);
  const [first] = await mails.claim(1, 0);
  const [second] = await mails.claim(1, HOUR);
  assert.ok(first && second);
  assert.deepEqual([first.attempt, second.attempt], [1, 2]);
  await mails.settle(first, { state: "failed", cause: "late" });
  await mails.retry(first, "late", 0, HOUR);
  assert.deepEqual(await rows(database), [{ id: "1", state: "queued", cause: null }]);
  assert.deepEqual(await mails.claim(1, HOUR), []);
  await mails.settle(second, { state: "sent" });
  assert.deepEqual(await rows(database), [{ id: "1", state: "sent", cause: null }]);
});

test("a letter to be tried again waits for its delay, and keeps what went wrong", async (t) => {
  const { mails, database } = await withMails(t, ["soon", "later"]);
  const claimed = await mails.claim(2, HOUR);
  for (const mail of claimed) await mails.retry(mail, "down", mail.id === "soon" ? 0 : HOUR, HOUR);
  assert.deepEqual(
    (await mails.claim(10, HOUR)).map(({ id }) => id),
    ["soon"],
  );
  assert.deepEqual(await rows(database), [
    { id: "later", state: "queued", cause: "down" },
    { id: "soon", state: "queued", cause: "down" },
  ]);
});

test("a letter older than the patience with it has failed for good", async (t) => {
  const { mails, database } = await withMails(t, ["1"]);
  await database.query("update mail set created_at = now() - interval '1 hour'");
  const [mail] = await mails.claim(1, 0);
  assert.ok(mail);
  await mails.retry(mail, "down", 0, HOUR);
  assert.deepEqual(await rows(database), [{ id: "1", state: "failed", cause: "down" }]);
  assert.deepEqual(await mails.claim(1, 0), []);
});

test("closing an account drops what is queued for it, and nothing else", async (t) => {
  const { mails, database } = await withMails(t, ["1", "2"]);
  const [sent] = await mails.claim(1, HOUR);
  assert.ok(sent);
  await mails.settle(sent, { state: "sent" });
  await database.transaction((tx) => mails.queue(tx, receipt("3", "user-2")));
  await database.transaction((tx) => mails.dropQueued(tx, "user-1"));
  const states = (await rows(database)).map(({ state }) => state).sort();
  assert.deepEqual(states, ["dropped", "queued", "sent"]);
});

async function withMails(t: Cleanup, ids: string[]) {
  const { database } = await testDatabase(t, migrations);
  const mails = mailStore(database);
  for (const id of ids) await database.transaction((tx) => mails.queue(tx, receipt(id)));
  return { mails, database };
}

const rows = (database: Database) =>
  database.query<{ id: string; state: string; cause: string | null }>("select id, state, cause from mail order by id");
