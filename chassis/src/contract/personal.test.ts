import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { erasePersonal, hasPersonal, Personal, personalNames } from "./personal.ts";
import { Fields, Nullable } from "./schema.ts";
import { jsonValidator } from "./validation/validate.ts";

const Name = Personal(Type.String({ minLength: 1 }));
const Visit = Fields({
  userId: Type.String(),
  name: Name,
  email: Nullable(Personal(Type.String())),
  guests: Type.Array(Fields({ name: Name, seat: Type.Integer() })),
  notes: Type.Record(Type.String(), Personal(Type.String())),
});

test("what is marked goes, wherever it is, and all else stays", () => {
  const found = new Set<string>();
  const visit = {
    userId: "u1",
    name: "Ann",
    email: "ann@mail.example",
    guests: [{ name: "Bob", seat: 1 }],
    notes: { door: "rings twice" },
  };
  const left = erasePersonal(Visit, visit, found);
  assert.deepEqual(left, {
    userId: "u1",
    name: "[erased]",
    email: "[erased]",
    guests: [{ name: "[erased]", seat: 1 }],
    notes: { door: "[erased]" },
  });
  assert.deepEqual([...found], ["Ann", "ann@mail.example", "Bob", "rings twice"]);
  assert.doesNotThrow(() => jsonValidator(Visit)(left));
  const again = new Set<string>();
  assert.deepEqual(erasePersonal(Visit, { ...visit, email: null, guests: [] }, again), {
    ...(left as object),
    email: null,
    guests: [],
  });
});

test("a schema tells whether it marks anything", () => {
  assert.equal(hasPersonal(Visit), true);
  assert.deepEqual(personalNames(Visit), ["name", "email", "name", "notes"]);
  assert.equal(hasPersonal(Fields({ list: Type.Array(Nullable(Name)) })), true);
  assert.equal(hasPersonal(Fields({ userId: Type.String() })), false);
});

test("what is not known goes as well, whatever is in it", () => {
  const found = new Set<string>();
  assert.deepEqual(erasePersonal(Fields({ id: Type.String() }), { id: "1", nick: "Annie" }, found), {
    id: "1",
    nick: "[erased]",
  });
  assert.deepEqual([...found], ["Annie"]);
});
