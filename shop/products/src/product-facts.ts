import type { BodyOf } from "@flotilla/chassis/contract";
import type { productChanged } from "@flotilla/contracts/products";
import type { CatalogueProduct } from "./product.ts";

/** What events tell of a product. */
export const productFacts = ({
  id,
  name,
  price,
  category,
  version,
}: CatalogueProduct): BodyOf<typeof productChanged> => ({
  productId: id,
  name,
  price,
  category,
  version,
});
