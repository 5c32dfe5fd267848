import { pageOf } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { type Answer, answer, type Handlers } from "@flotilla/chassis/service";
import type { products as contract, Product } from "@flotilla/contracts/products";
import type { addProduct } from "./add-product.ts";
import type { editProduct } from "./edit-product.ts";
import { isKnown, productTag, tagOf } from "./entity-tag.ts";
import { drawPicture } from "./first-catalogue/draw-picture.ts";
import { type CatalogueProduct, searchWords } from "./product.ts";
import type { ProductStore } from "./product-store.ts";
import type { removeProduct } from "./remove-product.ts";

type Needs = {
  products: ProductStore;
  addProduct: ReturnType<typeof addProduct>;
  editProduct: ReturnType<typeof editProduct>;
  removeProduct: ReturnType<typeof removeProduct>;
};

/** Prices and stock change: caches have to ask each time whether theirs is still right. */
const REVALIDATE = { "cache-control": "no-cache" };

/** A picture follows name and category, which change seldom. An SVG opened by itself may load and run nothing. */
const PICTURE = {
  "cache-control": "public, max-age=86400",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "x-content-type-options": "nosniff",
};

/** The answers of the catalogue. */
export const calls = ({ products, addProduct, editProduct, removeProduct }: Needs): Handlers<typeof contract> => {
  async function existing(id: string): Promise<CatalogueProduct> {
    const product = await products.find(id);
    if (!product) throw notFound.failure();
    return product;
  }

  return {
    async listProducts({ query, headers }) {
      const { limit, cursor, category, search = "" } = query;
      const rows = await products.list(
        { words: searchWords(search), category: category || undefined, cursor },
        limit + 1,
      );
      const page = pageOf(rows.map(shown), limit);
      return unlessKnown(headers["if-none-match"], tagOf(JSON.stringify(page)), page, REVALIDATE);
    },
    async getProduct({ params, headers }) {
      const product = await existing(params.id);
      return unlessKnown(headers["if-none-match"], productTag(product), shown(product), REVALIDATE);
    },
    async getPicture({ params, headers }) {
      const picture = drawPicture(await existing(params.id));
      return unlessKnown(headers["if-none-match"], tagOf(picture), picture, PICTURE);
    },
    async createProduct({ body }) {
      const product = await addProduct(body);
      return answer(201, shown(product), { location: `/api/products/${product.id}`, etag: productTag(product) });
    },
    async updateProduct({ params, body, headers }) {
      const product = await editProduct(params.id, body, headers["if-match"]);
      return answer(200, shown(product), { etag: productTag(product) });
    },
    async deleteProduct({ params, headers }) {
      await removeProduct(params.id, headers["if-match"]);
    },
    async summariseProducts({ query }) {
      return { items: await products.summarise(query.ids.split(",")) };
    },
  };
};

const shown = ({ stockVersion, ...product }: CatalogueProduct): Product => product;

/** The body with its tag, or just the tag when the caller has that already. */
function unlessKnown<Body>(
  ifNoneMatch: string | undefined,
  etag: string,
  body: Body,
  headers: Record<string, string>,
): Answer<Body | undefined> {
  return isKnown(ifNoneMatch, etag)
    ? answer(304, undefined, { ...headers, etag })
    : answer(200, body, { ...headers, etag });
}
