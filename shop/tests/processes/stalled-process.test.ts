import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing/file-cleanup";
import { eventually, type Visitor } from "../visitor.ts";
import { type RunningShop, runShop, shopFolder } from "./running-shop.ts";

/* F-19: an event loop that stands still. A process that was stopped by a signal is one whose loop does, seen from outside. */
let shop: RunningShop;
let ann: Visitor;

before(async () => {
  shop = await runShop(fileCleanup, { dataFolder: await shopFolder(fileCleanup) });
  ann = await shop.visitor().register("Ann", "ann@mail.example");
});

const notificationsUrl = async () => (await shop.where()).services["notifications"]?.[0]?.url ?? "";

/** Whether it says within a second that it is ready. */
const isReady = async (url: string): Promise<boolean> =>
  fetch(new URL("/health/ready", url), { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

test("a process that stands still is not ready, its callers are told in time, others go on, and it comes back", async () => {
  const url = await notificationsUrl();
  assert.equal(await isReady(url), true);
  const pid = await shop.kill("notifications", "SIGSTOP");
  try {
    assert.equal(await isReady(url), false);
    const { status, body } = await shop.visitor().ask("GET", "/api/health");
    assert.deepEqual([status, body.status, body.services.notifications], [503, "degraded", "unavailable"]);
    // Longer than the call takes at most: an answer there is, whatever the process does.
    const waiting = ann.ask("GET", "/api/notifications");
    assert.equal((await ann.ask("GET", "/api/users/me")).status, 200);
    assert.ok([503, 504].includes((await waiting).status));
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await eventually("it is ready again", async () => (await isReady(url)) || undefined);
  await eventually(
    "it answers again",
    async () => (await ann.ask("GET", "/api/notifications")).status === 200 || undefined,
  );
  const health = async () => (await shop.visitor().ask("GET", "/api/health")).status === 200 || undefined;
  await eventually("all is well", health);
  assert.equal((await shop.where()).services["notifications"]?.[0]?.pid, pid);
});
