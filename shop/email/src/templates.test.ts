import assert from "node:assert/strict";
import { test } from "node:test";
import { order } from "./facts.fixture.ts";
import { write } from "./templates.ts";

const ada = { name: "Ada", email: "ada@shop.example" };

test("a receipt names the order, each item with its price, and the total, as text and as HTML", () => {
  const { subject, text, html } = write({ template: "receipt", facts: order }, ada);
  assert.equal(subject, "Receipt for order order-1");
  assert.match(text, /Hello Ada,/);
  assert.match(text, /2 x Tea <hot> & strong: €25\.00\n1 x Cup: €0\.05\nPaid: €25\.05/);
  for (const part of ["Hello Ada,", "€25.00", "€0.05", "€25.05", "Paid"]) assert.ok(html.includes(part), part);
});

test("markup in what customers and administrators wrote is shown, not run", () => {
  const facts = { userId: "u", name: "x", email: "x@shop.example", createdAt: order.at };
  const { html } = write({ template: "welcome", facts }, { ...ada, name: `<script>alert("1")</script>` });
  assert.ok(html.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
  assert.ok(!html.includes("<script"));
  assert.ok(write({ template: "receipt", facts: order }, ada).html.includes("Tea &lt;hot&gt; &amp; strong"));
});

test("a line break in a name does not begin a new line of the letter", () => {
  const { text } = write({ template: "receipt", facts: order }, { ...ada, name: "Ada\r\n\r\nYou have won" });
  assert.match(text, /^Hello Ada You have won,$/m);
});

test("a rejection says why in words, also for a reason nobody foresaw", () => {
  const why = (reason: string) => write({ template: "rejection", facts: { ...order, reason } }, ada).text;
  assert.match(why("out_of_stock"), /sold out/);
  assert.match(why("payment_declined"), /card was declined/);
  assert.match(why("insufficient_funds"), /not enough money/);
  assert.match(why("constructor_failed"), /something went wrong on our side/);
});

test("a refund says how much was paid back, exactly, however much it was", () => {
  const total = { amount: Number.MAX_SAFE_INTEGER, currency: "EUR" as const };
  const { subject, text } = write({ template: "refund", facts: { ...order, total } }, ada);
  assert.equal(subject, "Refund for order order-1");
  assert.match(text, /Refunded: €90,071,992,547,409\.91/);
});
