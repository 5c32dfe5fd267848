import assert from "node:assert/strict";
import { test } from "node:test";
import type { WholeAnswer } from "../forwarding/collect.ts";
import { type AskService, coalescedReads } from "./coalesced-reads.ts";

const answer = (body: string, status = 200, ...headers: string[]): WholeAnswer => ({
  status,
  headers: ["etag", `"${body}"`, ...headers],
  body: Buffer.from(body),
});

/** A service whose answers the test gives one by one. */
function askedService() {
  const asked: { etag: string | undefined; give(answer: WholeAnswer): void; fail(error: Error): void }[] = [];
  const ask: AskService = (etag) => {
    const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
    asked.push({ etag, give: resolve, fail: reject });
    return promise;
  };
  return { asked, ask };
}

const settled = () => new Promise(setImmediate);
const text = async (read: Promise<WholeAnswer>) => (await read).body.toString();

test("who comes while a question is under way gets the answer to one that was asked later", async () => {
  const reads = coalescedReads();
  const { asked, ask } = askedService();
  const first = reads.read("s /a", 0, ask);
  const later = [reads.read("s /a", 0, ask), reads.read("s /a", 0, ask)];
  assert.equal(asked.length, 1);
  asked[0]?.give(answer("before the write"));
  assert.equal(await text(first), "before the write");
  await settled();
  assert.equal(asked.length, 2, "one question for both");
  asked[1]?.give(answer("after the write"));
  for (const read of later) assert.equal(await text(read), "after the write");
});

test("nobody waits long for somebody else's question", async () => {
  const reads = coalescedReads();
  const { asked, ask } = askedService();
  void reads.read("s /a", 0, ask);
  const later = reads.read("s /a", 0, ask);
  while (asked.length < 2) await settled();
  asked[1]?.give(answer("new"));
  assert.equal(await text(later), "new");
  asked[0]?.give(answer("old"));
  await settled();
  const next = reads.read("s /a", 0, ask);
  assert.equal(asked[2]?.etag, '"new"', "an older answer does not replace a newer one");
  asked[2]?.give(answer("", 304));
  assert.equal(await text(next), "new");
});

test("each read asks again, and what is still good is not sent again", async () => {
  const reads = coalescedReads();
  const { asked, ask } = askedService();
  const first = reads.read("s /a", 0, ask);
  asked[0]?.give(answer("one"));
  await first;
  const second = reads.read("s /a", 0, ask);
  assert.equal(asked[1]?.etag, '"one"');
  asked[1]?.give({ status: 304, headers: [], body: Buffer.alloc(0) });
  assert.equal(await text(second), "one");
  const third = reads.read("s /a", 0, ask);
  asked[2]?.give(answer("gone", 404));
  assert.equal((await third).status, 404);
  void reads.read("s /a", 0, ask);
  assert.equal(asked[3]?.etag, undefined, "what is gone is not kept");
});

test("where the contract allows it, an answer is good for so long, unless the service was written to", async () => {
  const reads = coalescedReads();
  const { asked, ask } = askedService();
  const first = reads.read("s /a", 60, ask);
  asked[0]?.give(answer("one"));
  await first;
  assert.equal(await text(reads.read("s /a", 60, ask)), "one");
  assert.equal(asked.length, 1);
  reads.changed("other");
  assert.equal(await text(reads.read("s /a", 60, ask)), "one");
  reads.changed("s");
  const after = reads.read("s /a", 60, ask);
  assert.equal(asked.length, 2);
  reads.changed("s");
  asked[1]?.give(answer("two"));
  await after;
  void reads.read("s /a", 60, ask);
  assert.equal(asked.length, 3, "an answer that a write overtook is not kept as new");
});

test("answers that are not for everybody are not kept", async () => {
  for (const header of [
    ["cache-control", "private"],
    ["cache-control", "no-store"],
    ["set-cookie", "a=b"],
  ]) {
    const reads = coalescedReads();
    const { asked, ask } = askedService();
    const first = reads.read("s /a", 60, ask);
    asked[0]?.give(answer("one", 200, ...header));
    await first;
    void reads.read("s /a", 60, ask);
    assert.equal(asked[1]?.etag, undefined, header.join());
  }
});

test("memory is bounded: what was read longest ago makes room", async () => {
  const reads = coalescedReads(10_000);
  const { asked, ask } = askedService();
  const read = async (key: string) => {
    const done = reads.read(key, 0, ask);
    asked.at(-1)?.give(answer("x".repeat(3_000)));
    await done;
    return asked.at(-1)?.etag !== undefined;
  };
  await read("s /a");
  await read("s /b");
  await read("s /c");
  assert.equal(await read("s /c"), true);
  assert.equal(await read("s /a"), false, "it made room");
});

test("what was asked takes room as well: nobody fills the memory with long questions", async () => {
  const reads = coalescedReads(10_000);
  const { asked, ask } = askedService();
  const read = async (key: string) => {
    const done = reads.read(key, 60, ask);
    const before = asked.length;
    asked.at(-1)?.give(answer("short"));
    await done;
    return before;
  };
  const long = ["a", "b", "c"].map((name) => `s /?${name.repeat(5_000)}`);
  for (const [at, key] of long.entries()) assert.equal(await read(key), at + 1);
  assert.equal(await read(long[2] as string), 3, "the latest is still there");
  assert.equal(await read(long[0] as string), 4, "the first made room");
});

test("a question that fails fails for those who share it, and the next one is asked anew", async () => {
  const reads = coalescedReads();
  const { asked, ask } = askedService();
  const first = reads.read("s /a", 0, ask);
  const second = reads.read("s /a", 0, ask);
  asked[0]?.fail(new Error("lost"));
  await assert.rejects(first, /lost/);
  await settled();
  asked[1]?.give(answer("one"));
  assert.equal(await text(second), "one");
});
