import assert from "node:assert/strict";
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cleanup } from "@flotilla/chassis/testing";
import { eventually, type Response, type Visitor } from "../../fixtures/visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "../fixtures/books.ts";
import { finalOrder, orderOf, placeStubbornly } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";
import type { Deed, Kill } from "./kills.ts";

/** Longer than a process takes to start on a machine that has other things to do. */
const PATIENCE = 60_000;

/**
 * Kills a process of a running shop at each of these places, each under a deed of its own, as soon as the one before has landed; then
 * everything has come to its end, and the books agree.
 */
export async function killEverywhere(
  t: Cleanup,
  deed: Deed,
  kills: readonly Kill[],
  brokerUrl?: string,
): Promise<void> {
  const dataFolder = await shopFolder(t);
  const killFolder = join(dataFolder, "kills");
  await mkdir(killFolder);
  const environment = {
    NODE_OPTIONS: `--import=${new URL("die-at-boundary.ts", import.meta.url)}`,
    KILL_FOLDER: killFolder,
    REPLICAS: "orders=4",
  };
  const shop = await runShop(t, { dataFolder, brokerUrl, environment });
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  const product = await (await shop.admin()).addProduct({ name: "Anchor", price: 1_000 }, 1_000);
  const newOrder = orderOf(product.id, 1);
  const confirmed = deed === "cancel" ? await confirmedOrders(ann, newOrder, kills.length) : [];
  await waitUntilSettled(shop);

  const ids: string[] = [];
  for (const [index, kill] of kills.entries()) {
    const requestId = `kill-${index}`;
    // Pieces that are moved together are told of together, in the name of one of the requests: let it be this one.
    if (kill.about.type === "stock.changed") await waitUntilSettled(shop);
    await arm(killFolder, kill, requestId);
    const [path, body] = deed === "place" ? ["/orders", newOrder] : [`/orders/${confirmed[index]}/cancel`];
    ids.push((await askOrders(shop, ann, requestId, path, body)).body.id);
    await landed(killFolder, kill, requestId);
  }

  await waitUntilSettled(shop);
  const expected = deed === "place" ? "confirmed" : "cancelled";
  for (const id of ids) assert.equal((await finalOrder(ann, id)).status, expected, `order ${id}`);
  assert.equal((await assertBooksAgree(shop)).length, kills.length);
}

async function confirmedOrders(ann: Visitor, order: ReturnType<typeof orderOf>, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `confirmed-${index}`);
  const placed = await Promise.all(keys.map((key) => placeStubbornly(ann, order, key)));
  for (const { id } of placed) assert.equal((await finalOrder(ann, id)).status, "confirmed");
  return placed.map(({ id }) => id);
}

/** Has the service's next process that comes to this place die there. */
async function arm(folder: string, { service, boundary, about }: Kill, requestId: string): Promise<void> {
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
