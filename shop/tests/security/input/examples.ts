import { resetToken } from "../../fixtures/reset-token.ts";
import type { Shop } from "../../fixtures/shop.ts";
import { callersOf } from "../../fixtures/system.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { type doorsTo, type Operation, operations, pathOf } from "../operations.ts";
import { type Answer, type Sent, send } from "../send.ts";

/** A good request of an operation; without a token that of whom the operation is for. */
export type Example = {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Record<string, unknown>;
  readonly token?: string;
};

/** A shop in which something has happened, and a good request for each of its operations. */
export type Examples = {
  readonly ann: Visitor;
  readonly ids: { readonly product: string; readonly order: string; readonly notification: string };
  /** By the operation's name. */
  readonly of: (operation: Operation) => Example;
  /** Who may make the operation. */
  readonly tokenFor: (operation: Operation) => Promise<string | undefined>;
  /** Sends the example with what is changed in it. */
  readonly ask: (operation: Operation, door: Door, change?: Partial<Sent>) => Promise<Answer>;
};
type Door = ReturnType<typeof doorsTo>[number];

export async function examplesIn(shop: Shop): Promise<Examples> {
  const product = await shop.admin.addProduct({ name: "Compass", price: 1_200 }, 1_000);
  const [ann, leaver, closer] = [await shop.customer("Ann"), await shop.customer("Lea"), await shop.customer("Cleo")];
  const signedInAgain = ({ user }: Visitor) =>
    shop.visitor().signIn({ email: user.email, password: "a good password" });
  const [elsewhere, another] = [await signedInAgain(leaver), await signedInAgain(ann)];
  const token = await resetToken(shop, (await shop.customer("Rita")).user.email);
  await resetToken(shop, leaver.user.email);
  const [reset] = await shop
    .database("users")
    .query<{ id: string }>("select id from password_reset where account_id = $1", [leaver.user.id]);
  const order = await ann.order(product.id, 1);
  const notification = await eventually("a notification", async () => {
    const { body } = await ann.ask("GET", "/api/notifications");
    return body.items[0]?.id as string | undefined;
  });
  const spare = await shop.admin.addProduct({ name: "Old rope", price: 1 }, 0);
  const known = goodRequests(
    { ann, leaver, elsewhere, closer },
    {
      product: product.id,
      spare: spare.id,
      order: order.id,
      notification,
      session: sessionOf(another),
      reset: reset?.id ?? "",
      token,
    },
  );
  const of = ({ name }: Operation): Example => known[name] ?? {};
  const tokenFor = async (operation: Operation): Promise<string | undefined> => {
    const own = of(operation).token;
    if (own !== undefined) return own;
    const { access } = operation.call.shape;
    if (access === "customer") return ann.session?.accessToken;
    if (access === "admin") return shop.admin.session?.accessToken;
    const [caller = "orders"] = callersOf(operation);
    return access === "internal" ? shop.serviceToken(caller, operation.service) : undefined;
  };
  return {
    ann,
    ids: { product: product.id, order: order.id, notification },
    of,
    tokenFor,
    async ask(operation, { base, prefix }, change = {}) {
      const { params, query, headers, body } = of(operation);
      const search = query ? `?${new URLSearchParams(query)}` : "";
      return send(base, {
        method: operation.call.method,
        path: prefix + pathOf(operation.call, params) + search,
        token: await tokenFor(operation),
        ...(body ? { body } : {}),
        ...change,
        headers: { ...headers, ...change.headers },
      });
    },
  };
}

type People = { ann: Visitor; leaver: Visitor; elsewhere: Visitor; closer: Visitor };
type Ids = Record<"product" | "spare" | "order" | "notification" | "session" | "reset" | "token", string>;

const sessionOf = ({ session }: Visitor): string =>
  JSON.parse(Buffer.from(session?.accessToken.split(".")[1] ?? "", "base64url").toString()).sid;

/** A request of each operation that needs more than its path. */
function goodRequests({ ann, leaver, elsewhere, closer }: People, ids: Ids): Record<string, Example> {
  const { product, spare, order, notification, session, reset, token } = ids;
  return {
    register: { body: { name: "Rob", email: "rob@mail.example", password: "a good password" } },
    login: { body: { email: ann.user.email, password: "a good password" } },
    refresh: { body: { refreshToken: leaver.session?.refreshToken } },
    logout: { body: { refreshToken: "of no use" }, token: leaver.session?.accessToken ?? "" },
    endAllSessions: { token: elsewhere.session?.accessToken ?? "" },
    endSession: { params: { id: session } },
    requestPasswordReset: { body: { email: ann.user.email } },
    confirmPasswordReset: { body: { token, password: "a good password" } },
    issueResetToken: { params: { id: reset } },
    getUser: { params: { id: ann.user.id } },
    updateUser: { params: { id: ann.user.id }, body: { name: "Ann", email: ann.user.email } },
    deleteUser: { params: { id: closer.user.id }, token: closer.session?.accessToken ?? "" },
    listUsers: { query: { limit: "5" } },
    getContact: { params: { id: ann.user.id } },
    listProducts: { query: { search: "compass", category: "other", limit: "5" } },
    getProduct: { params: { id: product } },
    getPicture: { params: { id: product } },
    createProduct: {
      body: { name: "Log", price: { amount: 5, currency: "EUR" }, description: "d", category: "c", imageUrl: "/l.svg" },
    },
    updateProduct: { params: { id: product }, body: { name: "Compass", price: { amount: 1_200, currency: "EUR" } } },
    deleteProduct: { params: { id: spare } },
    summariseProducts: { query: { ids: product } },
    getStock: { params: { productId: product } },
    setStock: { params: { productId: product }, body: { available: 1_000 } },
    restock: { params: { productId: product }, body: { quantity: 5 } },
    reserveStock: { params: { orderId: "held" }, body: { lines: [{ productId: product, quantity: 1 }] } },
    sellStock: { params: { orderId: "held" } },
    releaseStock: { params: { orderId: "held" } },
    placeOrder: {
      headers: { "idempotency-key": "an-order" },
      body: { items: [{ productId: product, quantity: 1 }], payment: { method: "pm_card_visa" } },
    },
    getOrder: { params: { id: order } },
    cancelOrder: { params: { id: order } },
    getPayment: { params: { orderId: order } },
    chargePayment: {
      params: { orderId: "charged" },
      headers: { "idempotency-key": "a-charge" },
      body: { userId: ann.user.id, amount: { amount: 100, currency: "EUR" }, method: "pm_card_visa" },
    },
    refundPayment: { params: { orderId: "charged" } },
    readNotification: { params: { id: notification } },
    listMailbox: { query: { to: ann.user.email } },
  };
}

/** The operations that take a body. */
export const withBody = operations.filter(({ call }) => call.shape.body !== undefined);
