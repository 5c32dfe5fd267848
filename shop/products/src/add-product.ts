import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { type Clock, newId } from "@flotilla/chassis/service";
import { type NewProduct, productCreated } from "@flotilla/contracts/products";
import { type CatalogueProduct, newProduct } from "./product.ts";
import { productFacts } from "./product-facts.ts";
import type { ProductStore } from "./product-store.ts";

type Needs = { database: Database; products: ProductStore; publish: Publish; clock: Clock };

/** Adds a product without stock to the catalogue. */
export const addProduct =
  ({ database, products, publish, clock }: Needs) =>
  async (given: NewProduct): Promise<CatalogueProduct> => {
    const product = newProduct(newId(), given, clock.now());
    await database.transaction(async (tx) => {
      await products.add(tx, product);
      await publish(tx, productCreated, { ...productFacts(product), initialStock: 0 });
    });
    return product;
  };
