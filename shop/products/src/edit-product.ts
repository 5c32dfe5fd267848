import type { Database } from "@flotilla/chassis/database";
import { notFound, preconditionFailed } from "@flotilla/chassis/failure";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Clock } from "@flotilla/chassis/service";
import { type ProductChange, productChanged } from "@flotilla/contracts/products";
import { allowsChange } from "./entity-tag.ts";
import { type CatalogueProduct, changeProduct } from "./product.ts";
import { productFacts } from "./product-facts.ts";
import type { ProductStore } from "./product-store.ts";

type Needs = { database: Database; products: ProductStore; publish: Publish; clock: Clock };

/** Changes a product, unless it is no longer the version that `ifMatch` names (`precondition_failed`). */
export const editProduct =
  ({ database, products, publish, clock }: Needs) =>
  async (id: string, change: ProductChange, ifMatch: string | undefined): Promise<CatalogueProduct> =>
    database.transaction(async (tx) => {
      const product = await products.findForChange(tx, id);
      if (!product) throw notFound.failure();
      if (!allowsChange(ifMatch, product.version)) throw preconditionFailed.failure();
      const changed = changeProduct(product, change, clock.now());
      await products.save(tx, changed);
      await publish(tx, productChanged, productFacts(changed));
      return changed;
    });
