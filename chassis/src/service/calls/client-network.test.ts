import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { tokenInvalid } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import { clientNetwork } from "./client-network.ts";

const socket = { remoteAddress: "10.0.0.9" } as Socket;
const callers: Record<string, Caller> = {
  gateway: { kind: "service", name: "gateway" },
  ann: { kind: "user", id: "ann", name: "Ann", role: "admin", session: "s" },
};
const verify = async (token: string) => {
  const caller = callers[token];
  if (!caller) throw tokenInvalid.failure();
  return caller;
};
const networkOf = (headers: Record<string, string>) => clientNetwork(headers, socket, verify);

test("a service of the system is believed where its client is", async () => {
  assert.equal(await networkOf({ "x-forwarded-for": "192.0.2.1", "x-forwarded-by": "gateway" }), "192.0.2.1");
  const address = "2001:db8:1:2:3:4:5:6";
  assert.equal(await networkOf({ "x-forwarded-for": address, "x-forwarded-by": "gateway" }), "2001:db8:1:2::/64");
});

test("nobody else is: not without a token, with a user's, with a forged one, nor with what is no address", async () => {
  for (const headers of [
    {},
    { "x-forwarded-for": "192.0.2.1" },
    { "x-forwarded-for": "192.0.2.1", "x-forwarded-by": "ann" },
    { "x-forwarded-for": "192.0.2.1", "x-forwarded-by": "forged" },
    { "x-forwarded-for": "192.0.2.1, 192.0.2.2", "x-forwarded-by": "gateway" },
    { "x-forwarded-for": "somewhere", "x-forwarded-by": "gateway" },
  ]) {
    assert.equal(await networkOf(headers), "10.0.0.9", JSON.stringify(headers));
  }
});
