import assert from "node:assert/strict";
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cleanup } from "@flotilla/chassis/testing/postgres";
import type { Order } from "@flotilla/contracts/orders";
import { eventually, type Response, type Visitor } from "../visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "./books.ts";
import type { Kill } from "./kills.ts";
import { finalOrder, orderOf, placeStubbornly } from "./patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "./running-shop.ts";

/** Longer than a process takes to start on a machine that has other things to do. */
const PATIENCE = 60_000;

/**
 * Kills a process of a running shop at each of these places, each under an order of its own, one after another; then everything has
 * come to its end, and the books agree.
 */
export async function killEverywhere(t: Cleanup, kills: readonly Kill[], brokerUrl?: string): Promise<void> {
  const dataFolder = await shopFolder(t);
  const killFolder = join(dataFolder, "kills");
  await mkdir(killFolder);
  const environment = {
    NODE_OPTIONS: `--import=${new URL("die-at-boundary.ts", import.meta.url)}`,
    KILL_FOLDER: killFolder,
    REPLICAS: "orders=4",
  };
  const shop = await runShop(t, { dataFolder, brokerUrl, environment });
  const admin = await shop.admin();
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  const product = await admin.addProduct({ name: "Anchor", price: 1_000 }, 1_000);

  const toCancel = kills.filter(({ request }) => request === "cancel");
  const confirmed = await Promise.all(
    toCancel.map((_, index) => placeStubbornly(ann, orderOf(product.id, 1), `confirmed-${index}`)),
  );
  for (const { id } of confirmed) await finalOrder(ann, id);
  await waitUntilSettled(shop);

  const expected = new Map<string, Order["status"]>();
  for (const [index, kill] of kills.entries()) {
    const requestId = `kill-${index}`;
    await order(killFolder, kill, requestId);
    const { body } =
      kill.request === "place"
        ? await askOrders(shop, ann, requestId, "/orders", orderOf(product.id, 1))
        : await askOrders(shop, ann, requestId, `/orders/${confirmed.pop()?.id}/cancel`);
    expected.set(body.id, kill.request === "place" ? "confirmed" : "cancelled");
    await landed(killFolder, kill, requestId);
  }

  await waitUntilSettled(shop);
  for (const [id, status] of expected) assert.equal((await finalOrder(ann, id)).status, status, `order ${id}`);
  assert.equal((await assertBooksAgree(shop)).length, kills.length);
}

/** Has the service's next process that comes to this place die there. */
async function order(folder: string, { service, boundary, about }: Kill, requestId: string): Promise<void> {
  const file = join(folder, `${service}.json`);
  await writeFile(`${file}.new`, JSON.stringify({ boundary, about, requestId }));
  await rename(`${file}.new`, file);
}

/** Asks orders itself, so that the request has the id that the kill is about. */
const askOrders = ({ where }: RunningShop, ann: Visitor, id: string, path: string, body?: object): Promise<Response> =>
  eventually(
    `an answer to ${id}`,
    async () => {
      for (const { url } of (await where()).services["orders"] ?? []) {
        const headers = { "x-request-id": id, "idempotency-key": id };
        const answer = await ann.ask("POST", `${url}${path}`, { body, headers }).catch(() => undefined);
        if (answer?.status === 202) return answer;
        assert(!answer || answer.status >= 500, JSON.stringify(answer));
      }
      return undefined;
    },
    PATIENCE,
  );

const landed = (folder: string, { step, role, service, boundary }: Kill, requestId: string): Promise<true> =>
  eventually(
    `the kill of ${service} at "${boundary}" of "${step}" (${role})`,
    () =>
      access(join(folder, `${requestId}.landed`))
        .then(() => true as const)
        .catch(() => undefined),
    PATIENCE,
  );
