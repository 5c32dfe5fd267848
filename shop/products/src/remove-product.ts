import type { Database } from "@flotilla/chassis/database";
import { notFound, preconditionFailed } from "@flotilla/chassis/failure";
import type { Publish } from "@flotilla/chassis/messaging";
import { productDeleted } from "@flotilla/contracts/products";
import { allowsChange } from "./entity-tag.ts";
import type { ProductStore } from "./product-store.ts";

type Needs = { database: Database; products: ProductStore; publish: Publish };

/** Takes a product out of the catalogue, unless it is no longer the version that `ifMatch` names (`precondition_failed`). */
export const removeProduct =
  ({ database, products, publish }: Needs) =>
  async (id: string, ifMatch: string | undefined): Promise<void> =>
    database.transaction(async (tx) => {
      const product = await products.findForChange(tx, id);
      if (!product) throw notFound.failure();
      if (!allowsChange(ifMatch, product.version)) throw preconditionFailed.failure();
      await products.remove(tx, id);
      await publish(tx, productDeleted, { productId: id, version: product.version + 1 });
    });
