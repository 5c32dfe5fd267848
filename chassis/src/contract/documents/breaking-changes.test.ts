import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { call } from "../call.ts";
import { contract } from "../contract.ts";
import { earlierVersion, event } from "../event.ts";
import { Fields, Id } from "../schema.ts";
import { breakingChanges, type Release, releaseOf } from "./breaking-changes.ts";

const Book = { bookId: Id, title: Type.String() };
const lent = (body = Fields(Book)) => event("book.lent", { key: "bookId", body });
const lend = (body = Fields(Book), reply = Fields(Book), access: "customer" | "admin" = "customer") =>
  call("POST /books", { access, summary: "Lend", body, replies: { 200: reply } });
const release = (
  calls: Record<string, ReturnType<typeof lend>>,
  events: Record<string, ReturnType<typeof lent>>,
): Release => releaseOf([contract("library", { calls, events } as never)]);

const released = release({ lend: lend() }, { lent: lent() });
const changes = (now: Release) => breakingChanges(released, now);
const wider = Fields({ ...Book, note: Type.Optional(Type.String()) });
const stricter = Fields({ ...Book, note: Type.String() });
const poorer = Fields({ bookId: Id });

test("what is the same, or only said in other words, breaks nobody", () => {
  const told = Fields({ ...Book, title: Type.String({ description: "As on the cover" }) });
  deepEqual(changes(release({ lend: lend(told, told) }, { lent: lent(told) })), []);
});

test("a call may ask for more that need not be there, and answer more", () => {
  deepEqual(changes(release({ lend: lend(wider as never, stricter as never) }, { lent: lent() })), []);
});

const broken: [string, Release, string[]][] = [
  ["a call is gone", release({}, { lent: lent() }), ["library POST /books is gone"]],
  [
    "a request needs more",
    release({ lend: lend(stricter as never) }, { lent: lent() }),
    ["library POST /books request/body/note is not always there"],
  ],
  [
    "a request may hold less",
    release({ lend: lend(poorer as never) }, { lent: lent() }),
    ["library POST /books request/body/title is gone"],
  ],
  [
    "a reply holds less",
    release({ lend: lend(undefined, poorer as never) }, { lent: lent() }),
    ["library POST /books reply 200/title is not always there"],
  ],
  [
    "fewer people may call",
    release({ lend: lend(undefined, undefined, "admin") }, { lent: lent() }),
    ["library POST /books is admin, no longer customer"],
  ],
  ["an event is gone", release({ lend: lend() }, {}), ["book.lent is gone"]],
  [
    "a version has another body",
    release({ lend: lend() }, { lent: lent(wider as never) }),
    ["book.lent version 1 has another body: make it a new version"],
  ],
];
for (const [title, now, expected] of broken) {
  test(`it is noticed when ${title}`, () => deepEqual(changes(now), expected));
}

test("a new version of an event breaks nobody as long as the one before can be read", () => {
  const earlier = { 1: earlierVersion(Fields(Book), (body) => ({ ...body, note: "" })) };
  const next = event("book.lent", { key: "bookId", body: stricter, version: 2, earlier });
  deepEqual(changes(release({ lend: lend() }, { lent: next as never })), []);
});
