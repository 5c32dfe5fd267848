import { call, contract, event, Fields, Id, Media, Page, PageQueryWith, Text, Time } from "@flotilla/chassis/contract";
import { notFound, preconditionFailed } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";
import { Price } from "./money.ts";

const details = {
  name: Text(200),
  description: Text(5_000, 0),
  price: Price,
  category: Text(50),
  imageUrl: Type.String({
    maxLength: 500,
    pattern: "^(https?://|/)[^\\s]*$",
    description: "An http(s) address, or a path on this shop",
  }),
};

export const Product = Fields({
  id: Id,
  ...details,
  available: Type.Integer({ minimum: 0, description: "Pieces that can still be reserved, as far as known" }),
  createdAt: Time,
  updatedAt: Time,
  version: Type.Integer({ minimum: 1, description: "Grows by one with each change of the product" }),
});
export type Product = Static<typeof Product>;

export const NewProduct = Fields({
  name: details.name,
  price: details.price,
  description: Type.String({ maxLength: 5_000, default: "" }),
  category: Type.String({ minLength: 1, maxLength: 50, default: "other" }),
  imageUrl: Type.Optional(details.imageUrl),
});
export type NewProduct = Static<typeof NewProduct>;

export const ProductChange = Type.Partial(Fields(details), { additionalProperties: false, minProperties: 1 });
export type ProductChange = Static<typeof ProductChange>;

/** What an order needs to know of a product. */
export const ProductSummary = Fields({ id: Id, name: Type.String(), price: Price });
export type ProductSummary = Static<typeof ProductSummary>;

const IfNoneMatch = Fields({ "if-none-match": Type.Optional(Type.String({ maxLength: 1_000 })) });
const IfMatch = Fields({ "if-match": Type.Optional(Type.String({ maxLength: 1_000 })) });

export const listProducts = call("GET /products", {
  summary: "The catalogue, searched and filtered",
  access: "public",
  cache: 0,
  query: PageQueryWith({
    search: Type.Optional(Type.String({ maxLength: 200, description: "Words in name or description" })),
    category: Type.Optional(Type.String({ maxLength: 50 })),
  }),
  headers: IfNoneMatch,
  replies: { 200: Page(Product), 304: null },
});

export const getProduct = call("GET /products/{id}", {
  summary: "A product",
  access: "public",
  cache: 0,
  headers: IfNoneMatch,
  replies: { 200: Product, 304: null },
  refuses: [notFound],
});

export const getPicture = call("GET /products/{id}/picture", {
  summary: "The picture drawn for a product",
  access: "public",
  cache: 0,
  headers: IfNoneMatch,
  replies: { 200: Media("image/svg+xml"), 304: null },
  refuses: [notFound],
});

export const createProduct = call("POST /products", {
  summary: "Add a product to the catalogue",
  access: "admin",
  body: NewProduct,
  replies: { 201: Product },
});

export const updateProduct = call("PUT /products/{id}", {
  summary: "Change a product; what is left out stays",
  access: "admin",
  headers: IfMatch,
  body: ProductChange,
  replies: { 200: Product },
  refuses: [notFound, preconditionFailed],
});

export const deleteProduct = call("DELETE /products/{id}", {
  summary: "Take a product out of the catalogue",
  access: "admin",
  headers: IfMatch,
  replies: { 204: null },
  refuses: [notFound, preconditionFailed],
});

export const summariseProducts = call("GET /product-summaries", {
  summary: "Names and prices of several products at once; unknown ids are left out",
  access: "internal",
  query: Fields({ ids: Type.String({ maxLength: 4_000, description: "Ids, separated by commas" }) }),
  replies: { 200: Fields({ items: Type.Array(ProductSummary) }) },
});

const ProductFacts = Fields({
  productId: Id,
  name: Type.String(),
  price: Price,
  category: Type.String(),
  version: Type.Integer({ minimum: 1 }),
});

export const productCreated = event("product.created", {
  key: "productId",
  body: Fields({
    ...ProductFacts.properties,
    initialStock: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: "Pieces the inventory starts with; 0 for products that an administrator adds",
    }),
  }),
});
export const productChanged = event("product.changed", { key: "productId", body: ProductFacts });
export const productDeleted = event("product.deleted", {
  key: "productId",
  body: Fields({ productId: Id, version: Type.Integer({ minimum: 1 }) }),
});

export const products = contract("products", {
  calls: { listProducts, getProduct, getPicture, createProduct, updateProduct, deleteProduct, summariseProducts },
  events: { productCreated, productChanged, productDeleted },
});
