import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { Fields, Nullable } from "./schema.ts";
import { redact, Sensitive } from "./sensitive.ts";
import { jsonValidator } from "./validation/validate.ts";

const Account = Fields({
  name: Type.String(),
  password: Sensitive(Type.String()),
  cards: Type.Array(Fields({ number: Sensitive(Type.String()), brand: Type.String() })),
  phone: Nullable(Sensitive(Type.String())),
});
const account = {
  name: "Ann",
  password: "secret",
  cards: [{ number: "4111", brand: "visa" }],
  phone: "555",
};

test("sensitive fields are hidden wherever they are, the others are shown", () => {
  assert.deepEqual(redact(Account, account), {
    name: "Ann",
    password: "[redacted]",
    cards: [{ number: "[redacted]", brand: "visa" }],
    phone: "[redacted]",
  });
  assert.deepEqual(redact(Account, { ...account, phone: null }), {
    ...(redact(Account, account) as object),
    phone: null,
  });
});

test("a field that the schema does not know is shown by its name only", () => {
  assert.deepEqual(redact(Type.Object({ a: Type.String() }), { a: "x", token: "y" }), { a: "x", token: "[redacted]" });
});

test("the annotation changes nothing about what is valid", () => {
  assert.deepEqual(jsonValidator(Account)(structuredClone(account)), account);
});
