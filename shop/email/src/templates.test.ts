import assert from "node:assert/strict";
import { test } from "node:test";
import { order } from "./facts.fixture.ts";
import { write } from "./templates.ts";

test("a receipt names the order, each item with its price, and the total, as text and as HTML", () => {
  const { subject, text, html } = write({ template: "receipt", facts: order });
  assert.equal(subject, "Receipt for order order-1");
  assert.match(text, /^Hello,$/m);
  assert.match(text, /2 x Tea <hot> & strong: €25\.00\n1 x Cup: €0\.05\nPaid: €25\.05/);
  for (const part of ["Hello,", "€25.00", "€0.05", "€25.05", "Paid"]) assert.ok(html.includes(part), part);
});

test("markup in what administrators wrote is shown, not run", () => {
  const { html } = write({ template: "receipt", facts: order });
  assert.ok(html.includes("Tea &lt;hot&gt; &amp; strong"));
  assert.ok(!html.includes("<hot>"));
});

test("no letter carries a word that its recipient wrote: whoever registers with another's address writes nothing to it", () => {
  const name = "You have won: evil.example";
  const user = { userId: "u", name, email: "x@shop.example", createdAt: order.at };
  const facts = { ...order, userName: name, reason: "out_of_stock" };
  const letters = [
    write({ template: "welcome", facts: user }),
    write({ template: "receipt", facts }),
    write({ template: "rejection", facts }),
    write({ template: "refund", facts }),
  ];
  for (const letter of letters) assert.doesNotMatch(JSON.stringify(letter), /won|evil/);
});

test("a line break in a product's name does not begin a new line of the letter", () => {
  for (const line of ["\n", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029"]) {
    const items = order.items.map((item) => ({ ...item, name: `Tea${line}${line}Paid: €0.00` }));
    const { text } = write({ template: "receipt", facts: { ...order, items } });
    assert.match(text, /^2 x Tea Paid: €0\.00: €25\.00$/m, JSON.stringify(line));
    assert.equal(text.split(/[\n\v\f\r\u0085\u2028\u2029]/).filter((each) => each.startsWith("Paid")).length, 1);
  }
});

test("who changed email or password is told so at the email from before, without the new one", () => {
  const facts = { userId: "u", email: "old@shop.example", changed: ["email" as const], changedAt: order.at };
  const { subject, text } = write({ template: "credentialsChanged", facts });
  assert.equal(subject, "Your account has a new email");
  assert.match(text, /write to the new email/);
  const both = write({ template: "credentialsChanged", facts: { ...facts, changed: ["email", "password"] } });
  assert.equal(both.subject, "Your account has a new email and password");
});

test("a rejection says why in words, also for a reason nobody foresaw", () => {
  const why = (reason: string) => write({ template: "rejection", facts: { ...order, reason } }).text;
  assert.match(why("out_of_stock"), /sold out/);
  assert.match(why("payment_declined"), /card was declined/);
  assert.match(why("insufficient_funds"), /not enough money/);
  assert.match(why("constructor_failed"), /something went wrong on our side/);
});

test("a refund says how much was paid back, exactly, however much it was", () => {
  const total = { amount: Number.MAX_SAFE_INTEGER, currency: "EUR" as const };
  const { subject, text } = write({ template: "refund", facts: { ...order, total } });
  assert.equal(subject, "Refund for order order-1");
  assert.match(text, /Refunded: €90,071,992,547,409\.91/);
});
