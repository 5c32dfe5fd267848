import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidInput } from "@flotilla/chassis/failure";
import {
  changeAccount,
  changedCredentials,
  emailKey,
  isLastAdmin,
  mayAccess,
  newAccount,
  shownUser,
} from "./account.ts";

const now = new Date("2030-01-01T00:00:00Z");
const details = { name: "Ada", email: "Ada@example.org", passwordHash: "$argon2id$1" };
const account = newAccount("1", details, "customer", now);

test("emails that look the same are one account's", () => {
  assert.equal(emailKey("J\u00f6rg@Example.ORG"), emailKey("jo\u0308rg@example.org"));
  assert.notEqual(emailKey("ada@example.org"), emailKey("adam@example.org"));
});

test("a name loses the spaces around it, and the email keeps its spelling", () => {
  const { name, email } = newAccount("1", { ...details, name: "  Ada L. " }, "customer", now);
  assert.deepEqual([name, email], ["Ada L.", "Ada@example.org"]);
});

test("a blank name and one with a line break are refused with their path", () => {
  for (const name of ["  ", "Ada\r\nBcc: all@example.org"]) {
    assert.throws(
      () => newAccount("1", { ...details, name }, "customer", now),
      (error) => invalidInput.is(error) && error.errors?.[0]?.path === "/name",
    );
  }
});

test("what a change leaves out stays", () => {
  assert.deepEqual(changeAccount(account, { name: "Ada L." }), { ...account, name: "Ada L." });
});

test("a new password and another email are new credentials; a new name or another spelling of the email is not", () => {
  const changed = (change: Partial<typeof details>) => changedCredentials(account, changeAccount(account, change));
  assert.deepEqual(changed({ passwordHash: "$argon2id$2" }), ["password"]);
  assert.deepEqual(changed({ email: "ada@example.com" }), ["email"]);
  assert.deepEqual(changed({ name: "Ada L." }), []);
  assert.deepEqual(changed({ email: "ada@example.org" }), []);
});

test("users access themselves, administrators everybody", () => {
  const caller = { kind: "user", id: "1", name: "Ada", role: "customer", session: "s" } as const;
  assert.equal(mayAccess(caller, "1"), true);
  assert.equal(mayAccess(caller, "2"), false);
  assert.equal(mayAccess({ ...caller, role: "admin" }, "2"), true);
});

test("only an administrator can be the last one", () => {
  const admin = { ...account, role: "admin" } as const;
  assert.equal(isLastAdmin(admin, ["1"]), true);
  assert.equal(isLastAdmin(admin, ["1", "2"]), false);
  assert.equal(isLastAdmin(account, ["2"]), false);
});

test("a user is shown without the password's hash", () => {
  assert.deepEqual(Object.keys(shownUser(account)), ["id", "name", "email", "role", "createdAt"]);
});
