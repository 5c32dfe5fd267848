import { singleLine } from "@flotilla/chassis/failure";
import type { NewProduct, Product, ProductChange } from "@flotilla/contracts/products";

/** A product as the catalogue keeps it: `stockVersion` says which change of the stock `available` comes from. */
export type CatalogueProduct = Product & { readonly stockVersion: number };

/** A product as it begins. Without a picture of its own it gets the one that is drawn for it. */
export function newProduct(id: string, given: NewProduct, now: Date): CatalogueProduct {
  const time = now.toISOString();
  return {
    id,
    name: singleLine(given.name, "/name"),
    description: given.description.normalize("NFC"),
    price: given.price,
    category: singleLine(given.category, "/category"),
    imageUrl: given.imageUrl ?? `/api/products/${id}/picture`,
    available: 0,
    createdAt: time,
    updatedAt: time,
    version: 1,
    stockVersion: 0,
  };
}

/** The product after a change: what the change leaves out stays, and the version grows by one. */
export function changeProduct(product: CatalogueProduct, change: ProductChange, now: Date): CatalogueProduct {
  return {
    ...product,
    ...change,
    name: singleLine(change.name ?? product.name, "/name"),
    description: (change.description ?? product.description).normalize("NFC"),
    category: singleLine(change.category ?? product.category, "/category"),
    // The clock of another replica may be behind.
    updatedAt: new Date(Math.max(now.getTime(), Date.parse(product.createdAt))).toISOString(),
    version: product.version + 1,
  };
}

/** The text that searches look in. */
export const searchText = ({ name, description }: Pick<Product, "name" | "description">): string =>
  fold(`${name}\n${description}`);

/** The words of a search, each to be found somewhere in {@link searchText}. */
export const searchWords = (search: string): string[] => fold(search).split(/\s+/).filter(Boolean);

/** Without differences of case; capitals, because ß and both small sigmas have one capital form. */
const fold = (text: string): string => text.normalize("NFC").toUpperCase();
