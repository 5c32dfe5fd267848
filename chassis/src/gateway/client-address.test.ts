import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOfAddress } from "./client-address.ts";

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
