import { deepEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import { Type } from "typebox";
import { contract } from "../../contract/contract.ts";
import { earlierVersion, event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import { on } from "../messaging.ts";
import { messageReader } from "./read-message.ts";

const First = Fields({ thingId: Id, name: Type.String() });
const Second = Fields({ thingId: Id, names: Type.Array(Type.String()) });
const Third = Fields({ thingId: Id, names: Type.Array(Type.String()), size: Type.Integer() });
const renamed = event("thing.renamed", {
  key: "thingId",
  body: Third,
  version: 3,
  earlier: {
    1: earlierVersion(First, ({ thingId, name }) => ({ thingId, names: [name] })),
    2: earlierVersion(Second, (body) => ({ ...body, size: 0 })),
  },
});
const read = messageReader([on(renamed, async () => {})]);
const bodyOf = (version: number, body: unknown) =>
  read(testMessage({ type: "thing.renamed", version, body }), new Date()).body;

describe("a consumer of an event with versions", () => {
  it("gets every version as the newest", () => {
    deepEqual(bodyOf(3, { thingId: "a", names: ["x"], size: 2 }), { thingId: "a", names: ["x"], size: 2 });
    deepEqual(bodyOf(2, { thingId: "a", names: ["x"] }), { thingId: "a", names: ["x"], size: 0 });
    deepEqual(bodyOf(1, { thingId: "a", name: "x" }), { thingId: "a", names: ["x"], size: 0 });
  });

  it("refuses a version that nobody told it of, and a body that is not of the version it claims", () => {
    throws(() => bodyOf(4, { thingId: "a", names: [], size: 1 }), { code: "message_unreadable" });
    throws(() => bodyOf(0, { thingId: "a", name: "x" }), { code: "message_unreadable" });
    throws(() => bodyOf(1, { thingId: "a", names: ["x"] }), { code: "invalid_input" });
  });

  it("refuses what another than the publisher of its contract has published", () => {
    const told = event("thing.told", { key: "thingId", body: First });
    contract("things", { calls: {}, events: { told } });
    const read = messageReader([on(told, async () => {})]);
    const from = (source: string) =>
      read(testMessage({ type: "thing.told", source, body: { thingId: "a", name: "x" } }), new Date());
    deepEqual(from("things").body, { thingId: "a", name: "x" });
    throws(() => from("strangers"), { code: "message_unreadable" });
  });

  it("is told at once when a version before the newest is missing", () => {
    throws(() => event("thing.renamed", { key: "thingId", body: Second, version: 2 }), /versions 1 to 1 are needed/);
  });
});
