import { finishOrder } from "./data/checkout.ts";
import { listenToNews } from "./data/live.ts";
import { user } from "./data/session.ts";
import { showFrame } from "./elements/frame.ts";
import { toast } from "./elements/show.ts";
import { catalogue } from "./pages/catalogue.ts";
import { go, startRouter } from "./router.ts";

showFrame();
startRouter(
  [
    { path: /^\/$/, load: () => catalogue },
    { path: /^\/products\/([^/]+)$/, load: async () => (await import("./pages/product.ts")).product },
    { path: /^\/cart$/, load: async () => (await import("./pages/cart.ts")).cartPage },
    { path: /^\/sign-in$/, load: async () => (await import("./pages/sign-in.ts")).signIn },
    { path: /^\/sign-up$/, load: async () => (await import("./pages/sign-in.ts")).signUp },
    { path: /^\/password$/, load: async () => (await import("./pages/password.ts")).password },
    { path: /^\/orders$/, access: "customer", load: async () => (await import("./pages/orders.ts")).orders },
    { path: /^\/orders\/([^/]+)$/, access: "customer", load: async () => (await import("./pages/order.ts")).order },
    {
      path: /^\/notifications$/,
      access: "customer",
      load: async () => (await import("./pages/notifications.ts")).notifications,
    },
    { path: /^\/account$/, access: "customer", load: async () => (await import("./pages/account.ts")).account },
    {
      path: /^\/admin\/products$/,
      access: "admin",
      load: async () => (await import("./pages/stock-room.ts")).stockRoom,
    },
    {
      path: /^\/admin\/products\/([^/]+)$/,
      access: "admin",
      load: async () => (await import("./pages/edit-product.ts")).editProduct,
    },
    { path: /^\/admin\/mailbox$/, access: "admin", load: async () => (await import("./pages/mailbox.ts")).mailbox },
  ],
  document.querySelector("#page") as HTMLElement,
);
listenToNews();

/* An order that was sent when the page was closed or the connection broke is the same order when it is sent again. */
const finish = async () => {
  const order = await finishOrder().catch(() => undefined);
  if (!order) return;
  toast("Your order has arrived at the shop.");
  go(`/orders/${order.id}`);
};
void finish();
user.watch(() => void finish());
