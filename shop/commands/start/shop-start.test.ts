import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "@flotilla/chassis/testing";
import { readStartSettings } from "../../../chassis/src/commands/start/start-settings.ts";
import { shop } from "../../topology.ts";
import { shopStart } from "./shop-start.ts";

function faultsOf(environment: Record<string, string>): readonly string[] {
  const { own, faults } = readStartSettings(shop, environment, shopStart.settings);
  return [...faults, ...shopStart.faults(own)];
}

const wrong: [string, string, RegExp][] = [
  ["ADMIN_EMAIL", "admin", /^ADMIN_EMAIL must match format "email"$/],
  ["ADMIN_PASSWORD", "short", /^ADMIN_PASSWORD must NOT have fewer than 8 characters$/],
  ["SMTP_URL", "imap://secret", /^SMTP_URL has no scheme that is known here/],
];

for (const [name, value, line] of wrong) {
  test(`${name}=${value} is told in one line, without secrets`, () => {
    const [fault = "", ...others] = faultsOf({ [name]: value });
    assert.deepEqual(others, []);
    assert.match(fault, line);
    assert.doesNotMatch(fault, /secret/);
  });
}

test("the screen shows the administrator's sign-in, where to look, and how to place an order", async (t) => {
  const { lines } = await shopStart.prepare({}, await temporaryFolder(t));
  const text = lines({ gateway: "http://127.0.0.1:3000", console: null, services: {} }).join("\n");
  assert.match(text, /admin@shop.example {2}\S{16}/);
  assert.match(text, /npm run logs, {2}npm run sagas -- list, {2}npm run dead-letters -- list/);
  assert.match(text, /curl -s http:\/\/127.0.0.1:3000\/api\/orders .*pm_card_visa/);
});

test("a password that somebody chose is not shown", async (t) => {
  const { lines, environment } = await shopStart.prepare(
    { ADMIN_PASSWORD: "chosen password" },
    await temporaryFolder(t),
  );
  assert.doesNotMatch(lines({ gateway: "", console: null, services: {} }).join("\n"), /chosen password/);
  assert.equal(environment["users"]?.["ADMIN_PASSWORD"], "chosen password");
});

test("the screen says who is the administrator no longer", async (t) => {
  const folder = await temporaryFolder(t);
  await shopStart.prepare({}, folder);
  const { lines } = await shopStart.prepare({ ADMIN_EMAIL: "chief@shop.example" }, folder);
  const text = lines({ gateway: "", console: null, services: {} }).join("\n");
  assert.match(text, /chief@shop.example .*\n +admin@shop.example, the one before, is a customer now/);
});
