import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { listen } from "./fixtures/listener.ts";
import { type Shop, startShop } from "./fixtures/shop.ts";
import type { Visitor } from "./fixtures/visitor.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

const password = "a good password";
const ends: Record<string, (ann: Visitor) => Promise<{ status: number }>> = {
  "signing out": (ann) => ann.ask("POST", "/api/auth/logout"),
  "a changed password": (ann) =>
    ann.ask("PUT", `/api/users/${ann.user.id}`, { body: { password: "a better password", currentPassword: password } }),
  "a deleted account": (ann) => ann.ask("DELETE", `/api/users/${ann.user.id}`),
};

for (const [what, end] of Object.entries(ends)) {
  test(`a stream ends within seconds of ${what}, and those of others go on`, async () => {
    const [ann, bob] = [await shop.customer(), await shop.customer("Bob")];
    const [annsStream, bobsStream] = [await listen(ann), await listen(bob)];
    const { status } = await end(ann);
    assert.ok(status < 300, `${status}`);
    const endedAt = performance.now();
    while (await annsStream.next());
    assert.ok(performance.now() - endedAt < 10_000);
    const goesOn = await Promise.race([
      bobsStream.next().then(() => false),
      new Promise((resolve) => setTimeout(() => resolve(true), 100)),
    ]);
    assert.equal(goesOn, true);
    await bobsStream.leave();
  });
}
