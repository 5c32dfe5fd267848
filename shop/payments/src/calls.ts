import type { Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { Caller } from "@flotilla/chassis/identity";
import type { Handlers } from "@flotilla/chassis/service";
import type { payments } from "@flotilla/contracts/payments";
import type { chargePayment } from "./charge-payment.ts";
import { asReply, type Payment } from "./payment.ts";
import { findPayment } from "./payment-store.ts";
import type { refundPayment } from "./refund-payment.ts";

type UseCases = {
  database: Database;
  chargePayment: ReturnType<typeof chargePayment>;
  refundPayment: ReturnType<typeof refundPayment>;
};

/** The handlers of the payments' calls. */
export const calls = ({ database, chargePayment, refundPayment }: UseCases): Handlers<typeof payments> => ({
  async getPayment({ params, caller }) {
    const payment = await findPayment(database, params.orderId);
    if (!payment || !maySee(caller, payment)) throw notFound.failure();
    return asReply(payment);
  },

  chargePayment: async ({ params, body, key }) => asReply(await chargePayment({ ...params, ...body }, key)),

  refundPayment: async ({ params }) => asReply(await refundPayment(params.orderId)),
});

const maySee = (caller: Caller, { intent }: Payment): boolean =>
  caller.kind === "user" && (caller.role === "admin" || caller.id === intent?.userId);
