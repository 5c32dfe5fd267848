import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, unavailable } from "@flotilla/chassis/failure";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import type { Contact } from "@flotilla/contracts/users";
import { deliverMail } from "./deliver-mail.ts";
import { order, receipt, welcome } from "./facts.fixture.ts";
import type { Intent, Letter } from "./mail.ts";
import { mailStore } from "./mail-store.ts";
import { letterRefused, mailUnavailable } from "./mailers/mailer.ts";

const ada = { id: "user-1", name: "Ada", email: "ada@shop.example" };

test("a letter goes to where the user can be reached now", async (t) => {
  const post = await withPost(t, [receipt("1")]);
  await post.round();
  assert.deepEqual(
    post.delivered.map(({ id, to, subject }) => [id, to.email, subject]),
    [["1", "ada@shop.example", "Receipt for order order-1"]],
  );
  assert.deepEqual(await post.outcomes(), [{ state: "sent", cause: null }]);
  assert.deepEqual([await post.round(), post.delivered.length], [false, 1]);
});

test("a recipient that the event named is not looked up", async (t) => {
  const post = await withPost(t, [welcome("1")]);
  post.contact = async () => assert.fail("was looked up");
  await post.round();
  assert.equal(post.delivered[0]?.to.email, "Ada@Shop.example");
});

test("a letter to a closed account is dropped", async (t) => {
  const post = await withPost(t, [receipt("1")]);
  post.contact = async () => {
    throw notFound.failure();
  };
  await post.round();
  assert.deepEqual(await post.outcomes(), [{ state: "dropped", cause: "there is nobody to write to any more" }]);
  assert.equal(post.delivered.length, 0);
});

test("a letter that carries a token asks for it when it is delivered, and keeps it nowhere", async (t) => {
  const facts = { userId: "user-1", resetId: "reset-1", requestedAt: order.at };
  const reset: Intent = { id: "1", template: "passwordReset", facts, userId: "user-1", recipient: null };
  const post = await withPost(t, [reset, { ...reset, id: "2" }]);
  await post.round();
  assert.match(post.delivered[0]?.text ?? "", /^a-token-for-a-reset$/m);
  assert.match(post.delivered[0]?.html ?? "", /a-token-for-a-reset/);
  assert.doesNotMatch(JSON.stringify(await post.database.query("select * from mail")), /a-token/);
  post.token = async () => {
    throw notFound.failure();
  };
  await post.database.query("update mail set state = 'queued', due_at = now() where id = '2'");
  await post.round();
  assert.equal((await post.outcomes())[1]?.state, "dropped", "the reset is over");
});

test("an outage of users or of the mail server puts the letter off, until it arrives", async (t) => {
  const post = await withPost(t, [receipt("1")]);
  post.contact = async () => {
    throw unavailable.failure();
  };
  await post.round();
  post.contact = async () => ada;
  post.carry = async () => {
    throw mailUnavailable.failure({ cause: new Error("connection reset") });
  };
  await post.due();
  await post.round();
  assert.deepEqual(await post.outcomes(), [{ state: "queued", cause: "mail_unavailable: connection reset" }]);
  post.carry = async () => {};
  await post.due();
  await post.round();
  assert.deepEqual(await post.outcomes(), [{ state: "sent", cause: null }]);
});

test("a letter that was refused has failed at once, with the cause; others are not held up", async (t) => {
  const post = await withPost(t, [receipt("1"), welcome("2")]);
  post.carry = async ({ id }) => {
    if (id === "1") throw letterRefused.failure({ cause: new Error("550 no such mailbox") });
  };
  await post.round();
  assert.deepEqual(await post.outcomes(), [
    { state: "failed", cause: "letter_refused: 550 no such mailbox" },
    { state: "sent", cause: null },
  ]);
});

test("a letter nobody takes is given up after a day", async (t) => {
  const post = await withPost(t, [receipt("1")]);
  post.carry = async () => {
    throw mailUnavailable.failure();
  };
  await post.database.query("update mail set created_at = now() - interval '25 hours'");
  await post.round();
  assert.deepEqual(
    (await post.outcomes()).map(({ state }) => state),
    ["failed"],
  );
});

test("no connection of the database is held while a letter is under way", async (t) => {
  const post = await withPost(t, [receipt("1")]);
  post.carry = async () => {
    const busy = await post.database.query(
      "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    );
    assert.deepEqual(busy, []);
  };
  await post.round();
  assert.equal((await post.outcomes())[0]?.state, "sent");
});

test("two rounds at the same time deliver each letter once, and a full round says there may be more", async (t) => {
  const post = await withPost(
    t,
    Array.from({ length: 15 }, (_, index) => receipt(`${index}`)),
  );
  const more = await Promise.all([post.round(), post.round()]);
  while (await post.round());
  assert.ok(more.includes(true));
  assert.equal(post.delivered.length, 15);
  assert.equal(new Set(post.delivered.map(({ id }) => id)).size, 15);
});

async function withPost(t: Cleanup, intents: Intent[]) {
  const folder = new URL("../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "email", folder }]);
  const mails = mailStore(database);
  for (const intent of intents) await database.transaction((tx) => mails.queue(tx, intent));
  const delivered: Letter[] = [];
  const stopping = new AbortController();
  const post = {
    database,
    delivered,
    contact: async (): Promise<Contact> => ada,
    token: async () => ({ token: "a-token-for-a-reset", email: "ada@shop.example", expiresAt: order.at }),
    carry: async (_letter: Letter): Promise<void> => {},
    round: () =>
      deliverMail(
        {
          mails,
          mailer: { deliver, atOnce: 10, longest: 1_000 },
          users: { getContact: () => post.contact(), issueResetToken: () => post.token() },
          log,
        },
        stopping.signal,
      ),
    due: () => database.query("update mail set due_at = now()"),
    outcomes: () =>
      database.query<{ state: string; cause: string | null }>("select state, cause from mail order by id"),
  };
  async function deliver(letter: Letter): Promise<void> {
    await post.carry(letter);
    delivered.push(letter);
  }
  return post;
}

const log = createLog({ service: "test", level: "silent" });
