import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import type { User } from "@flotilla/contracts/users";
import { callerOf, usersUnderTest } from "./users-under-test.ts";

test("users see themselves; another's id is not found, like one that is not there", async (t) => {
  const { register, call } = await usersUnderTest(t);
  const one = await register();
  const other = await register({ email: "bob@example.org" });
  const caller = callerOf(one);
  assert.deepEqual(await call("getUser", { caller, params: { id: one.user.id } }), one.user);
  for (const id of [other.user.id, "unknown"]) {
    await assert.rejects(call("getUser", { caller, params: { id } }), notFound.is);
  }
  const admin = { ...caller, role: "admin" } as const;
  assert.deepEqual(await call("getUser", { caller: admin, params: { id: other.user.id } }), other.user);
});

test("administrators list all users in pages, oldest first", async (t) => {
  const { register, call } = await usersUnderTest(t);
  const emails = ["a@example.org", "b@example.org", "c@example.org"];
  for (const email of emails) await register({ email });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<User> = await call("listUsers", { query: { limit: 2, ...(cursor ? { cursor } : {}) } });
    seen.push(...page.items.map(({ email }) => email));
    cursor = page.nextCursor;
  } while (cursor);
  assert.deepEqual(seen, emails);
});

test("other services are told how to address a user, and nothing more", async (t) => {
  const { register, call } = await usersUnderTest(t);
  const { user } = await register();
  const contact = await call("getContact", { params: { id: user.id } });
  assert.deepEqual(contact, { id: user.id, name: user.name, email: user.email });
  await assert.rejects(call("getContact", { params: { id: "unknown" } }), notFound.is);
});
