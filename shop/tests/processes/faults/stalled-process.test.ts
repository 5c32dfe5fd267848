import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileCleanup } from "@flotilla/chassis/testing";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "../fixtures/books.ts";
import { finalOrder, orderOf, placeStubbornly } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";
import { sumOf } from "../fixtures/shown-metrics.ts";

/* F-19: an event loop that stands still for 3 s and for 30 s. A process that was stopped by a signal is one whose loop does, seen from outside. */
let shop: RunningShop;
let ann: Visitor;
let productId: string;

before(async () => {
  shop = await runShop(fileCleanup, { dataFolder: await shopFolder(fileCleanup) });
  ({ id: productId } = await (await shop.admin()).addProduct({ name: "Metronome", price: 4_900 }, 100));
  ann = await shop.visitor().register("Ann", "ann@mail.example");
});

/** Whether it says within two seconds that it is ready. */
const isReady = async (url: string): Promise<boolean> =>
  fetch(new URL("/health/ready", url), { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** How often it noticed that it stood still. A busy machine may hold it up too: more often is no fault. */
const stalls = (service: string): Promise<number> => sumOf(shop, service, "event_loop_stalls_total");

/** Lets a service stand still for so long. `meanwhile` gets what tells whether it still does. */
async function standStill(service: string, milliseconds: number, meanwhile: (still: () => boolean) => Promise<void>) {
  const url = (await shop.where()).services[service]?.[0]?.url ?? "";
  await eventually("it is ready", async () => (await isReady(url)) || undefined);
  const before = await stalls(service);
  const pid = await shop.kill(service, "SIGSTOP");
  const over = delay(milliseconds);
  let still = true;
  try {
    assert.equal(await isReady(url), false, "it is not ready within 2 s");
    await meanwhile(() => still);
    await over;
  } finally {
    still = false;
    process.kill(pid, "SIGCONT");
  }
  await eventually("it noticed", async () => (await stalls(service)) > before || undefined);
  await eventually("it is ready again", async () => (await isReady(url)) || undefined);
  assert.equal((await shop.where()).services[service]?.[0]?.pid, pid);
}

const answersAgain = (path: string) =>
  eventually(`${path} is answered again`, async () => (await ann.ask("GET", path)).status === 200 || undefined);

describe("a process that stands still is not ready, its callers are told, others go on, and it comes back", {
  concurrency: true,
}, () => {
  test("for 3 s: who waits for it has an answer when it goes on, or before", async () => {
    let waiting: Promise<{ status: number }> | undefined;
    await standStill("notifications", 3_000, async () => {
      const { status, body } = await shop.visitor().ask("GET", "/api/health");
      assert.deepEqual([status, body.status, body.services.notifications], [503, "degraded", "unavailable"]);
      waiting = ann.ask("GET", "/api/notifications");
      assert.equal((await ann.ask("GET", "/api/users/me")).status, 200);
    });
    assert.ok([200, 503, 504].includes((await waiting)?.status ?? 0));
    await answersAgain("/api/notifications");
  });

  test("for 30 s: who waits for it is told while it does, and orders are taken and paid for once afterwards", async () => {
    const before = await ann.order(productId, 1);
    let placed = "";
    await standStill("payments", 30_000, async (still) => {
      placed = (await placeStubbornly(ann, orderOf(productId, 1), randomUUID())).id;
      const { status } = await ann.ask("GET", `/api/payments/${before.id}`);
      assert.ok([503, 504].includes(status) && still(), `it was answered with ${status}`);
      assert.equal((await ann.ask("GET", `/api/orders/${placed}`)).body.status, "pending");
    });
    await answersAgain(`/api/payments/${before.id}`);
    assert.equal((await finalOrder(ann, placed)).status, "confirmed");
    await waitUntilSettled(shop);
    await assertBooksAgree(shop);
  });
});

test("after that all is well", async () => {
  await answersAgain("/api/health");
});
