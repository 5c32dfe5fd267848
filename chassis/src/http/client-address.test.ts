import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { clientAddresses } from "./client-address.ts";
import { networkOfAddress, readAddress } from "./ip-address.ts";

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

const asked = (remoteAddress: string, forwardedFor?: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: { "x-forwarded-for": forwardedFor, forwarded },
  }) as unknown as IncomingMessage;

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
});

test("the forms in which proxies write an address are one", () => {
  const forms = {
    "203.0.113.7": [
      "203.0.113.7",
      "203.0.113.7:51000",
      "[203.0.113.7]:1",
      "::ffff:203.0.113.7",
      "[::ffff:cb00:7107]:80",
    ],
    "2001:db8::1": ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "[2001:db8::1]:_hidden"],
  };
  for (const [address, written] of Object.entries(forms)) {
    const network = networkOfAddress(address);
    for (const form of written) assert.equal(networkOfAddress(readAddress(form) ?? ""), network, form);
  }
  for (const none of [
    "",
    "unknown",
    "_hidden",
    "1.2.3",
    "1.2.3.4:",
    "1.2.3.4:a b",
    "[::1",
    "256.1.1.1",
    "a:80",
    "[a]:80",
  ]) {
    assert.equal(readAddress(none), undefined, none);
  }
});

test("what proxies write is read in all its forms", () => {
  const addressOf = clientAddresses(["10.0.0.0/8", "fd00::/8"]);
  assert.equal(addressOf(asked("10.1.1.1", "203.0.113.9:51000")), "203.0.113.9");
  assert.equal(addressOf(asked("10.1.1.1", "[2001:db8::7]:443, , 10.2.2.2:80,")), "2001:db8::7");
  assert.equal(addressOf(asked("10.1.1.1", "1.1.1.1:1,203.0.113.9,[fd00::2]:3")), "203.0.113.9");
  for (const header of [
    "for=203.0.113.9",
    'For="203.0.113.9:4711"',
    "for=1.1.1.1;by=10.0.0.1, proto=https;for=203.0.113.9;host=a",
    'for=203.0.113.9;by="a, b;for=1.1.1.1", for="[fd00::2]:80"',
    'for = "203\\.0.113.9" ;proto=http, ,',
  ]) {
    assert.equal(addressOf(asked("10.1.1.1", undefined, header)), "203.0.113.9", header);
  }
  assert.equal(addressOf(asked("10.1.1.1", undefined, 'for="[2001:db8:cafe::17]:4711"')), "2001:db8:cafe::17");
});

test("a hop that hides itself, or is none, hides those before it", () => {
  const addressOf = clientAddresses(["10.0.0.0/8"]);
  for (const header of [
    "for=1.1.1.1, for=unknown",
    "for=1.1.1.1, for=_mdn",
    "for=1.1.1.1, proto=https",
    'for="1.1.1.1',
  ]) {
    assert.equal(addressOf(asked("10.1.1.1", undefined, header)), "10.1.1.1", header);
  }
});

test("two headers that say different things are the client's own in part, and not believed", () => {
  const addressOf = clientAddresses(["10.0.0.0/8"]);
  assert.equal(addressOf(asked("10.1.1.1", "203.0.113.9", "for=203.0.113.9")), "203.0.113.9");
  assert.equal(addressOf(asked("10.1.1.1", "203.0.113.9", "for=198.51.100.1")), "10.1.1.1");
});

test("a network that is none ends the start", () => {
  for (const wrong of ["10.0.0.1", "10.0.0.0/33", "fd00::/129", "all/8", "10.0.0.0/-1", "10.0.0.0/"]) {
    assert.throws(() => clientAddresses([wrong]), TypeError, wrong);
  }
});

test("IPv6 written in full and IPv4 written in it keep their network", () => {
  for (const form of ["::FFFF:192.0.2.7", "::ffff:c000:207", "0:0:0:0:0:ffff:192.0.2.7"]) {
    assert.equal(networkOfAddress(form), "192.0.2.7", form);
  }
});
