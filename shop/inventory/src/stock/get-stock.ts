import type { Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { Client } from "@flotilla/chassis/service";
import type { products } from "@flotilla/contracts/products";
import type { StockLevel } from "./stock.ts";
import { addStockRow, findStock } from "./stock-store.ts";

/** The part of the catalogue that is needed. */
export type Catalogue = Pick<Client<typeof products>, "getProduct">;

/** The stock of a product; throws `not_found` when there is no such product. */
export type GetStock = (productId: string) => Promise<StockLevel>;

/** A product whose event has not come yet is asked for in the catalogue, and gets its row. */
export const getStock =
  ({ database, catalogue }: { database: Database; catalogue: Catalogue }): GetStock =>
  async (productId) => {
    const known = await findStock(database, productId);
    if (known) return known;
    await catalogue.getProduct({ params: { id: productId } });
    await addStockRow(database, productId);
    const added = await findStock(database, productId);
    if (!added) throw notFound.failure();
    return added;
  };
