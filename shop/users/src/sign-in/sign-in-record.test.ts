import assert from "node:assert/strict";
import { test } from "node:test";
import { ada, callerOf, usersUnderTest } from "../users-under-test.ts";
import { RECORDS_KEPT, signInRecordStore } from "./sign-in-record-store.ts";

const HOUR = 60 * 60_000;

test("users see where and when they signed in, and how often it was refused", async (t) => {
  const { register, login, call, clock } = await usersUnderTest(t);
  const first = await register();
  const caller = callerOf(first);
  for (let n = 0; n < 3; n += 1) await assert.rejects(login({ password: "wrong horse" }, "198.51.100.7"));
  await assert.rejects(login({ email: "nobody@example.org" }));
  await clock.advance(HOUR);
  await assert.rejects(login({ password: "wrong horse" }));
  const second = callerOf(await login());
  const { items } = await call("listSignIns", { caller, query: { limit: 20 } });
  const seen = items.map(({ result, times, sessionId }) => [result, times, sessionId]);
  assert.deepEqual(seen, [
    ["done", 1, second.session],
    ["refused", 1, null],
    ["refused", 3, null],
    ["done", 1, caller.session],
  ]);
  assert.equal(items[0]?.network, items[3]?.network);
  assert.notEqual(items[0]?.network, items[2]?.network);
  assert.ok(!JSON.stringify(items).includes("198.51"));
});

test("what others did is there for administrators alone", async (t) => {
  const { register, call, promote } = await usersUnderTest(t);
  const [owner, other] = [await register(), await register({ email: "eve@example.org" })];
  const ask = (caller: ReturnType<typeof callerOf>) =>
    call("listSignIns", { caller, query: { limit: 20, userId: owner.user.id } });
  await assert.rejects(ask(callerOf(other)), { code: "not_found" });
  await promote(other.user);
  assert.equal((await ask({ ...callerOf(other), role: "admin" })).items.length, 1);
});

test("a flood of refusals is a row in an hour, and of beginnings the newest 200 stay", async (t) => {
  const { register, login, database, clock } = await usersUnderTest(t);
  const { user } = await register();
  const rows = async () => (await database.query("select 1 from sign_in_record")).length;
  await Promise.all(Array.from({ length: 20 }, (_, n) => assert.rejects(login({ password: "wrong" }, `192.0.2.${n}`))));
  assert.equal(await rows(), 2);
  const records = signInRecordStore(database);
  for (let n = 0; n < 250; n += 1) {
    const id = `beginning-${String(n).padStart(3, "0")}`;
    const beginning = { id, accountId: user.id, sessionId: id, network: Buffer.alloc(32) };
    await database.transaction((tx) => records.began(tx, beginning, clock.now()));
  }
  assert.equal(await rows(), 201);
});

test("records go with their account, and after 90 days in bounded steps", async (t) => {
  const { register, login, database, clock, call } = await usersUnderTest(t);
  const [ada1, eve] = [await register(), await register({ email: "eve@example.org" })];
  const rows = () => database.query<{ account: string }>("select account_id as account from sign_in_record");
  await call("deleteUser", { caller: callerOf(eve), params: { id: eve.user.id } });
  assert.deepEqual(await rows(), [{ account: ada1.user.id }]);
  await database.query(
    `insert into sign_in_record (id, account_id, action, at, network, session_id)
     select 'old-' || n, $1, 'sign_in', $2, $3, 'old-' || n from generate_series(1, 1000) as n`,
    [ada1.user.id, clock.now(), Buffer.alloc(32)],
  );
  const records = signInRecordStore(database);
  assert.equal(await records.forgetOld(new Date(clock.now().getTime() + RECORDS_KEPT - 1)), false);
  await clock.advance(RECORDS_KEPT);
  assert.equal(await records.forgetOld(clock.now()), true);
  assert.equal(await records.forgetOld(clock.now()), false);
  await login({ password: ada.password });
  assert.equal((await rows()).length, 1);
});
