import assert from "node:assert/strict";
import { test } from "node:test";
import { contract } from "@flotilla/chassis/contract";
import { on } from "@flotilla/chassis/messaging";
import { type Client, defineService } from "@flotilla/chassis/service";
import { eventually, startInProcess } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import {
  chargePayment,
  paymentCaptured,
  paymentDeclined,
  paymentRefunded,
  type payments,
  paymentVoided,
  refundPayment,
} from "@flotilla/contracts/payments";
import { service } from "./service.ts";

test("another service charges and refunds an order over HTTP, and hears of it", async (t) => {
  const events: string[] = [];
  let client: Pick<Client<typeof payments>, "chargePayment" | "refundPayment"> | undefined;
  const note = async (_body: unknown, _tx: unknown, { type }: { type: string }) => void events.push(type);
  const orders = defineService(contract("orders"), {
    calls: { payments: { chargePayment, refundPayment } },
    consumes: [on(paymentCaptured, note), on(paymentRefunded, note)],
    wire({ clients }) {
      client = clients.payments;
      return {};
    },
  });
  const shop = await startInProcess(t, [{ service }, { service: orders }]);
  assert.ok(client);
  const body = { userId: "ann", amount: euros(300), method: "pm_card_visa" as const };
  const charge = { params: { orderId: "order" }, body, key: "step" };
  assert.equal((await client.chargePayment(charge)).status, "captured");
  await shop.restart("payments");
  assert.equal((await client.chargePayment(charge)).status, "captured");
  const declined = { ...charge, params: { orderId: "declined" }, key: "step-2" };
  const card = { ...body, method: "pm_card_declined" as const };
  await assert.rejects(client.chargePayment({ ...declined, body: card }), paymentDeclined.is);
  assert.deepEqual(await client.refundPayment({ params: { orderId: "order" } }), {
    orderId: "order",
    status: "refunded",
    captured: euros(300),
    refunded: euros(300),
  });
  await assert.rejects(client.chargePayment(charge), paymentVoided.is);
  await eventually(() => events.length === 2);
  assert.deepEqual(events, ["payment.captured", "payment.refunded"]);
  const unsigned = await fetch(`${shop.url("payments")}/payments/order`);
  assert.equal(unsigned.status, 401);
});
