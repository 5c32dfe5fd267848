import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { type Clock, newId } from "@flotilla/chassis/service";
import { productCreated } from "@flotilla/contracts/products";
import { newProduct } from "../product.ts";
import { productFacts } from "../product-facts.ts";
import type { ProductStore } from "../product-store.ts";
import { firstCatalogue } from "./first-catalogue.ts";

type Needs = { database: Database; products: ProductStore; publish: Publish; clock: Clock };

/** Fills a new database with the first catalogue, once: not by a second replica, and not again when all of it was deleted. */
export const fillCatalogue =
  ({ database, products, publish, clock }: Needs) =>
  async (): Promise<void> =>
    database.transaction(async (tx) => {
      const now = clock.now();
      if (!(await products.claimFirstCatalogue(tx, now))) return;
      for (const { initialStock, ...given } of firstCatalogue) {
        const product = newProduct(newId(), given, now);
        await products.add(tx, product);
        await publish(tx, productCreated, { ...productFacts(product), initialStock });
      }
    });
