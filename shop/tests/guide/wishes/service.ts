import { pageOf } from "@flotilla/chassis/contract";
import type { Transaction } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import { on } from "@flotilla/chassis/messaging";
import { defineService, newId } from "@flotilla/chassis/service";
import { productDeleted, summariseProducts } from "@flotilla/contracts/products";
import { wishes, wishMade } from "./contract.ts";

type Wish = { id: string; userId: string; productId: string; productName: string };

const addWish = ({ id, userId, productId, productName }: Wish, tx: Transaction) =>
  tx.query("insert into wish (id, user_id, product_id, product_name) values ($1, $2, $3, $4)", [
    id,
    userId,
    productId,
    productName,
  ]);

export const service = defineService(wishes, {
  calls: { products: { summariseProducts } },
  consumes: [
    on(productDeleted, async ({ productId }, tx) => {
      await tx.query("delete from wish where product_id = $1", [productId]);
    }),
  ],
  wire: ({ database, publish, clients }) => ({
    async wishFor({ caller, body }) {
      if (caller.kind !== "user") throw notFound.failure();
      const { items } = await clients.products.summariseProducts({ query: { ids: body.productId } });
      const [product] = items;
      if (!product) throw notFound.failure();
      const wish = { id: newId(), userId: caller.id, productId: product.id, productName: product.name };
      await database.transaction(async (tx) => {
        await addWish(wish, tx);
        await publish(tx, wishMade, wish);
      });
      return wish;
    },
    async listWishes({ caller, query: { cursor = "", limit = 20 } }) {
      if (caller.kind !== "user") throw notFound.failure();
      const rows = await database.query<Wish>(
        `select id, user_id as "userId", product_id as "productId", product_name as "productName" from wish
         where user_id = $1 and id > $2 order by id limit $3`,
        [caller.id, cursor, limit + 1],
      );
      return pageOf(rows, limit);
    },
  }),
});
