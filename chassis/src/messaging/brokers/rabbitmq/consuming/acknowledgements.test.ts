import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Channel } from "amqplib";
import fc from "fast-check";
import { createAcknowledgements } from "./acknowledgements.ts";

/** A channel that knows what the broker would take: an unknown tag closes it. */
function fakeChannel(deliveries: number) {
  const outstanding = new Set(Array.from({ length: deliveries }, (_, index) => index + 1));
  let words = 0;
  const ack = ({ fields }: { fields: { deliveryTag: number } }, allUpTo: boolean) => {
    words += 1;
    if (!outstanding.has(fields.deliveryTag)) throw new Error(`unknown delivery tag ${fields.deliveryTag}`);
    for (const tag of outstanding)
      if (tag === fields.deliveryTag || (allUpTo && tag < fields.deliveryTag)) outstanding.delete(tag);
  };
  return { channel: { ack } as unknown as Channel, outstanding, words: () => words };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("in whatever order deliveries are done, exactly those are acknowledged, each once", async () => {
  const order = fc.shuffledSubarray(Array.from({ length: 30 }, (_, index) => index + 1));
  await fc.assert(
    fc.asyncProperty(order, fc.array(fc.nat(5)), async (tags, pauses) => {
      const { channel, outstanding } = fakeChannel(30);
      const acknowledgements = createAcknowledgements(channel, () => {
        throw new Error("the broker closed the channel");
      });
      for (const [index, tag] of tags.entries()) {
        acknowledgements.add(tag);
        equal([...outstanding].filter((each) => tags.slice(index + 1).includes(each)).length, tags.length - index - 1);
        if (pauses[index] === 0) await turn();
        if (pauses[index] === 1) acknowledgements.flush();
      }
      acknowledgements.flush();
      deepEqual(
        [...outstanding].filter((tag) => tags.includes(tag)),
        [],
      );
      equal(outstanding.size, 30 - tags.length);
    }),
    { numRuns: 200 },
  );
});

test("what is done together is said in one word", async () => {
  const { channel, outstanding, words } = fakeChannel(100);
  const acknowledgements = createAcknowledgements(channel, () => {});
  for (let tag = 100; tag > 0; tag--) acknowledgements.add(tag);
  await turn();
  deepEqual([outstanding.size, words()], [0, 1]);
});
