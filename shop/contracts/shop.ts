import { email } from "./email.ts";
import { inventory } from "./inventory.ts";
import { notifications } from "./notifications.ts";
import { orders } from "./orders.ts";
import { payments } from "./payments.ts";
import { products } from "./products.ts";
import { users } from "./users.ts";

/** Every contract of the shop: what the gateway routes and the documents describe. */
export const contracts = [users, products, inventory, orders, payments, email, notifications];
