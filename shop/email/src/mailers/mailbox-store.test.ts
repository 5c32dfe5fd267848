import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import type { Letter } from "../mail.ts";
import { mailboxMailer } from "./mailbox-mailer.ts";
import { mailboxStore } from "./mailbox-store.ts";

test("a letter delivered twice is in the mailbox once", async (t) => {
  const mailbox = await withMailbox(t);
  const mailer = mailboxMailer(mailbox);
  const { signal } = new AbortController();
  await Promise.all([1, 2, 3].map(() => mailer.deliver(letter("1"), signal)));
  assert.equal((await mailbox.list({ count: 10 })).length, 1);
});

test("the mailbox shows the newest first, page by page", async (t) => {
  const mailbox = await withMailbox(t);
  for (const id of ["1", "2", "3"]) await mailbox.keep(letter(id));
  const newest = await mailbox.list({ count: 2 });
  assert.deepEqual(
    newest.map(({ subject }) => subject),
    ["Letter 3", "Letter 2"],
  );
  const rest = await mailbox.list({ count: 2, cursor: newest[1]?.id });
  assert.deepEqual(
    rest.map(({ subject }) => subject),
    ["Letter 1"],
  );
  assert.equal(new Date(rest[0]?.sentAt ?? "").toISOString(), rest[0]?.sentAt);
});

test("mail to an address is found however the address is written, and shown as it was sent", async (t) => {
  const mailbox = await withMailbox(t);
  await mailbox.keep(letter("1", "Zoë@Shop.example".normalize("NFC")));
  await mailbox.keep(letter("2", "somebody@shop.example"));
  const found = await mailbox.list({ to: " zoë@shop.EXAMPLE".normalize("NFD"), count: 10 });
  assert.deepEqual(
    found.map(({ to }) => to),
    ["Zoë@Shop.example".normalize("NFC")],
  );
});

async function withMailbox(t: Cleanup) {
  const folder = new URL("../../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "email", folder }]);
  return mailboxStore(database);
}

const letter = (id: string, email = "ada@shop.example"): Letter => ({
  id,
  to: { email },
  subject: `Letter ${id}`,
  text: "text",
  html: "<p>html</p>",
});
