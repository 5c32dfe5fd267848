import assert from "node:assert/strict";
import { type Cleanup, fakeClock, serviceUnderTest } from "@flotilla/chassis/testing";
import { stockChanged } from "@flotilla/contracts/inventory";
import { euros } from "@flotilla/contracts/money";
import type { NewProduct } from "@flotilla/contracts/products";
import { service } from "./service.ts";

type Headers = { "if-none-match"?: string; "if-match"?: string };

/** The catalogue with nothing in it, as an administrator fills it. */
export async function productsUnderTest(t: Cleanup) {
  const clock = fakeClock();
  const under = await serviceUnderTest(t, service, { clock });
  await under.database.query("truncate product, outbox");
  const admin = under.admin();
  return {
    ...under,
    clock,
    admin,
    add: (given: Partial<NewProduct> = {}) =>
      admin.createProduct({
        body: { name: "Lamp", description: "", category: "Lamps", price: euros(8_400), ...given },
      }),
    get: (id: string, headers: Headers = {}) => under.anonymous.getProduct.answer({ params: { id }, headers }),
    list: (query: { search?: string; category?: string; limit?: number; cursor?: string } = {}) =>
      under.anonymous.listProducts({ query }),
    /** Lets the service hear of a change of the stock. */
    async hearStock(productId: string, available: number, version: number): Promise<void> {
      const heard = await under.publish(stockChanged, { productId, available, reserved: 0, sold: 0, version });
      assert.equal(heard, "handled");
    },
  };
}
