import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Product } from "@flotilla/contracts/products";
import { isRunning } from "../../../chassis/src/topology/processes/running-process.ts";
import { readRunFile } from "../../../chassis/src/topology/run-file.ts";
import { readAdministrator } from "../start/administrator.ts";
import { tellStory } from "./demo-report.ts";
import { type DemoShop, type DemoVisitor, demoShop } from "./demo-shop.ts";
import { type Cast, followOrder, type Purchase, until } from "./demo-story.ts";

/** `npm run demo`: three orders at a shop that runs, and what happened to each. */
async function demonstrate(): Promise<void> {
  const { shop, administrator, gateway } = await findShop(resolve(process.env["DATA_DIR"] || ".data"));
  console.log(`Three orders at ${gateway}\n`);
  const cast = await introduceCustomer(shop, administrator);
  const product = await productInStock(shop);
  const stories: [string, Omit<Purchase, "product">][] = [
    ["1. An order that is confirmed", { quantity: 2, method: "pm_card_visa" }],
    [
      "2. An order whose payment is declined: what was reserved is released",
      { quantity: 1, method: "pm_card_declined" },
    ],
    ["3. An order for more than there is: nobody is charged", { quantity: 0, method: "pm_card_visa" }],
  ];
  for (const [title, { quantity, method }] of stories) {
    const wanted = quantity || (await shop.stock(product.id)).available + 1;
    console.log(tellStory(title, await followOrder(cast, { product, quantity: wanted, method })));
  }
}

async function findShop(dataFolder: string): Promise<{ shop: DemoShop; administrator: DemoVisitor; gateway: string }> {
  const running = await readRunFile(dataFolder);
  const pids = Object.values(running?.services ?? {}).flatMap((instances) => instances.map(({ pid }) => pid));
  const alive = await Promise.all(pids.map(isRunning));
  const account = await readAdministrator(dataFolder);
  if (!running || !account || !alive.includes(true)) {
    throw new Error(`no shop runs in ${dataFolder}: start one with npm start, and wait until it is ready`);
  }
  const shop = demoShop(running.gateway);
  return { shop, administrator: await shop.signIn(account), gateway: running.gateway };
}

async function introduceCustomer(shop: DemoShop, administrator: DemoVisitor): Promise<Cast> {
  const email = `dora.${randomUUID().slice(0, 8)}@demo.example`;
  const customer = await shop.register({ name: "Dora Demo", email, password: randomUUID() });
  console.log(`Dora Demo opens an account\n  email     ${email}`);
  const [welcome] = await until("she is welcomed", async () => {
    const mails = await administrator.mailbox(email);
    return mails.length > 0 ? mails : undefined;
  });
  console.log(`  mail      “${welcome?.subject}”\n`);
  return { shop, customer, email, administrator };
}

/** Some product of which there is enough; stock is known only after the catalogue, right after the first start. */
function productInStock(shop: DemoShop): Promise<Product> {
  return until("there is something to buy", async () => {
    for (const product of await shop.products()) {
      const stock = await shop.stock(product.id);
      if (stock && stock.available >= 3 && stock.available < 1_000_000) return product;
    }
    return undefined;
  });
}

try {
  await demonstrate();
} catch (error) {
  console.error(`The demo can't go on: ${(error as Error).message}`);
  process.exitCode = 1;
}
