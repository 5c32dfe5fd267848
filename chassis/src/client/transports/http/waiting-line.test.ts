import assert from "node:assert/strict";
import { test } from "node:test";
import { waitingLine } from "./waiting-line.ts";

const asker = { onError() {} };
const request = (caller: string, number = 0) => ({ caller, number, asker });

test("callers take turns, and each has its own requests in the order they came", () => {
  const line = waitingLine<ReturnType<typeof request>>();
  for (let number = 0; number < 300; number++) line.join(request("flood", number));
  line.join(request("ann"));
  const [one, two, three, four] = Array.from({ length: 4 }, () => line.next());
  assert.deepEqual([one?.caller, two?.caller], ["flood", "ann"], "not behind three hundred");
  assert.deepEqual([one?.number, three?.number, four?.number], [0, 1, 2]);
});

test("who leaves is passed over, and the line is empty at its end", () => {
  const line = waitingLine<ReturnType<typeof request>>();
  const [ann, bob] = [request("ann"), request("bob")];
  line.join(ann);
  line.join(bob);
  line.leave(ann);
  assert.equal(line.next(), bob);
  assert.equal(line.next(), undefined);
});
