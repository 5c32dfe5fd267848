import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "@flotilla/chassis/testing";
import { prepareAdministrator, readAdministrator } from "./administrator.ts";

test("the administrator's password is made once, and only we may read it", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await prepareAdministrator(folder, {});
  assert.equal(first.email, "admin@shop.example");
  assert.ok(first.password.length >= 16);
  assert.deepEqual(await prepareAdministrator(folder, {}), first);
  assert.equal((await stat(join(folder, "admin.json"))).mode & 0o777, 0o600);
});

test("what is given counts, and is kept", async (t) => {
  const folder = await temporaryFolder(t);
  await prepareAdministrator(folder, {});
  const given = { email: "chief@shop.example", password: "correct horse" };
  assert.deepEqual(await prepareAdministrator(folder, given), { ...given, former: "admin@shop.example" });
  assert.deepEqual(await readAdministrator(folder), given);
  assert.deepEqual(await prepareAdministrator(folder, { password: "battery staple" }), {
    email: "chief@shop.example",
    password: "battery staple",
  });
});
