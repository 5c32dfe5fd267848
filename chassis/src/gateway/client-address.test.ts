import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { clientAddresses, networkOfAddress } from "./client-address.ts";

test("an IPv4 address counts for itself, however it is written", () => {
  assert.equal(networkOfAddress("192.0.2.7"), "192.0.2.7");
  assert.equal(networkOfAddress("::ffff:192.0.2.7"), "192.0.2.7");
});

test("IPv6 addresses of one /64 count together", () => {
  assert.equal(networkOfAddress("2001:db8:0:1::5"), "2001:db8:0:1::/64");
  assert.equal(networkOfAddress("2001:db8:0:1:ffff:1:2:3"), "2001:db8:0:1::/64");
  assert.equal(networkOfAddress("2001:0DB8::1"), "2001:db8:0:0::/64");
  assert.equal(networkOfAddress("::1"), "0:0:0:0::/64");
  assert.equal(networkOfAddress("fe80::1%eth0"), "fe80:0:0:0::/64");
  assert.notEqual(networkOfAddress("2001:db8:0:2::5"), networkOfAddress("2001:db8:0:1::5"));
});

const asked = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } }) as unknown as IncomingMessage;

test("only proxies that are trusted are believed about whom they speak for", () => {
  const addressOf = clientAddresses(["10.0.0.0/8", "fd00::/8"]);
  assert.equal(addressOf(asked("192.0.2.1", "203.0.113.9")), "192.0.2.1", "not a proxy of ours");
  assert.equal(addressOf(asked("10.1.1.1", "203.0.113.9")), "203.0.113.9");
  assert.equal(addressOf(asked("::ffff:10.1.1.1", "203.0.113.9")), "203.0.113.9");
  assert.equal(addressOf(asked("fd00::1", "2001:db8::7")), "2001:db8::7");
  assert.equal(addressOf(asked("10.1.1.1")), "10.1.1.1");
  assert.equal(clientAddresses([])(asked("10.1.1.1", "203.0.113.9")), "10.1.1.1", "nobody is trusted");
});

test("what a client wrote itself stands to the left, and is not believed", () => {
  const addressOf = clientAddresses(["10.0.0.0/8"]);
  assert.equal(addressOf(asked("10.1.1.1", "1.1.1.1, 203.0.113.9, 10.2.2.2")), "203.0.113.9");
  assert.equal(addressOf(asked("10.1.1.1", "1.1.1.1, nonsense, 10.2.2.2")), "10.2.2.2");
  assert.equal(addressOf(asked("10.1.1.1", "203.0.113.9:80")), "10.1.1.1");
});

test("a network that is none ends the start", () => {
  for (const wrong of ["10.0.0.1", "10.0.0.0/33", "fd00::/129", "all/8", "10.0.0.0/-1", "10.0.0.0/"]) {
    assert.throws(() => clientAddresses([wrong]), TypeError, wrong);
  }
});

test("IPv6 written in full and IPv4 written in it keep their network", () => {
  assert.equal(networkOfAddress("::FFFF:192.0.2.7"), "192.0.2.7");
});
