import { defineService } from "@flotilla/chassis/service";
import { stockChanged } from "@flotilla/contracts/inventory";
import { products as contract } from "@flotilla/contracts/products";
import { addProduct } from "./add-product.ts";
import { calls } from "./calls.ts";
import { editProduct } from "./edit-product.ts";
import { events } from "./events.ts";
import { fillCatalogue } from "./first-catalogue/fill-catalogue.ts";
import { productStore } from "./product-store.ts";
import { removeProduct } from "./remove-product.ts";

/** The catalogue: what the shop sells, at what price, and how much of it is left. */
export const service = defineService(contract, {
  consumes: [stockChanged],
  wire({ database, publish, clock }) {
    const products = productStore(database);
    const needs = { database, products, publish, clock };
    return {
      answers: calls({
        products,
        addProduct: addProduct(needs),
        editProduct: editProduct(needs),
        removeProduct: removeProduct(needs),
      }),
      consumes: events(products),
      prepare: fillCatalogue(needs),
    };
  },
});
