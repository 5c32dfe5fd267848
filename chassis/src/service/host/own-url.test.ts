import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { ownUrl } from "./own-url.ts";

const at = (address: string, internal = false): NetworkInterfaceInfo[] => {
  const family = address.includes(":") ? "IPv6" : "IPv4";
  return [{ address, family, internal, netmask: "", mac: "", cidr: null } as NetworkInterfaceInfo];
};
const container = { lo: at("127.0.0.1", true), link: at("169.254.1.1"), eth0: [...at("fd00::5"), ...at("172.18.0.5")] };
const url = "http://127.0.0.1:3000";

test("an instance is where it listens", () => {
  assert.equal(ownUrl("http://10.0.0.1:41003", { HOST: "10.0.0.1" }, container), "http://10.0.0.1:41003");
});

test("one that listens everywhere is at the machine's first address that others can use", () => {
  assert.equal(ownUrl(url, { HOST: "0.0.0.0" }, container), "http://172.18.0.5:3000");
  assert.equal(ownUrl(url, { HOST: "::" }, { ...container, eth0: at("fd00::5") }), "http://[fd00::5]:3000");
});

test("nobody is sent to an address of version 6 at which nothing listens", () => {
  assert.equal(ownUrl(url, { HOST: "0.0.0.0" }, { ...container, eth0: at("fd00::5") }), url);
});

test("what somebody set goes before what is found", () => {
  const ADVERTISE_URL = "http://orders-1.example:80";
  assert.equal(ownUrl(url, { HOST: "0.0.0.0", ADVERTISE_URL }, container), ADVERTISE_URL);
});
