import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantile, type Row, row } from "../report.ts";
import { type ShopProcess, startShopProcess } from "../shop-process.ts";
import { checkOut } from "./checkout.ts";
import { countWork, forEach } from "./count-work.ts";
import { type CountedServer, startCountedServer } from "./counted-server.ts";
import { inFlight, timed } from "./order-load.ts";
import { MANY_PRODUCTS, type StockedShop, stockedShop } from "./stocked-shop.ts";

const { BASE, ROUNDS = "1", ORDERS = "2000", ALONE = "200" } = process.env;

/** Figures by their name, each with its unit and a value for each round. */
type Figures = Map<string, { unit: string; runs: number[] }>;

/**
 * Milliseconds from placing an order to its confirmation on an idle shop, confirmed orders a second with 64 and 256 in flight, of one product
 * (whose row each of them changes) and of 20, and what each order costs. With `BASE`, a commit, also those of that commit, in turns.
 */
export async function measureOrder(): Promise<Row[]> {
  const base = BASE ? await checkOut(BASE) : undefined;
  const subjects = new Map<string, { root?: string; figures: Figures }>([["flotilla", { figures: new Map() }]]);
  if (base) subjects.set(`flotilla at ${BASE}`, { root: base.root, figures: new Map() });
  try {
    for (let round = 0; round < Number(ROUNDS); round++) {
      for (const { root, figures } of subjects.values()) await measureOnce(root, figures);
    }
  } finally {
    await base?.remove();
  }
  return [...subjects].flatMap(([subject, { figures }]) =>
    [...figures].map(([figure, { unit, runs }]) => row(subject, figure, unit, runs)),
  );
}

async function measureOnce(root: string | undefined, figures: Figures): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const server = await startCountedServer(join(folder, "server"));
  const environment = { DATABASE_URL: server.url };
  const shop = await startShopProcess(join(folder, "shop"), { ...(root !== undefined && { root }), environment });
  const note = (figure: string, unit: string, value: number) => {
    const known = figures.get(figure) ?? { unit, runs: [] };
    known.runs.push(value);
    figures.set(figure, known);
  };
  try {
    const stocked = await stockedShop(
      shop.gateway,
      JSON.parse(await readFile(join(folder, "shop", "admin.json"), "utf8")),
    );
    await measureAlone(stocked.orderPlacer(1), note);
    for (const [callers, products] of [
      [64, 1],
      [64, MANY_PRODUCTS],
      [256, MANY_PRODUCTS],
    ] as const) {
      await measureBusy({ shop, server, stocked }, callers, products, note);
    }
  } finally {
    await shop.stop();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

type Note = (figure: string, unit: string, value: number) => void;

async function measureAlone(order: () => Promise<void>, note: Note): Promise<void> {
  for (let count = 0; count < Number(ALONE) / 4; count++) await order();
  const idle: number[] = [];
  for (let count = 0; count < Number(ALONE); count++) idle.push(await timed(order));
  note(`an order on an idle shop, median of ${ALONE}`, "ms", quantile(idle, 0.5));
  note(`an order on an idle shop, p99 of ${ALONE}`, "ms", quantile(idle, 0.99));
}

type Measured = { shop: ShopProcess; server: CountedServer; stocked: StockedShop };

async function measureBusy(
  { shop, server, stocked }: Measured,
  callers: number,
  products: number,
  note: Note,
): Promise<void> {
  const what = `${products === 1 ? "one product" : `${products} products`}, ${callers} in flight`;
  const total = Number(ORDERS);
  const before = await countWork(shop, server);
  const { rate, latencies } = await inFlight(callers, total, stocked.orderPlacer(products));
  const after = await countWork(shop, server);
  note(`confirmed orders/s, ${what}`, "1/s", rate);
  note(`an order, ${what}, p99`, "ms", quantile(latencies, 0.99));
  for (const [figure, value] of forEach(before, after, total)) note(`${figure} for an order, ${what}`, "", value);
}
