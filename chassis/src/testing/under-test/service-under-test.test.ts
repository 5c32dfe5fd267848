import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { deadlineExceeded, Failure, forbidden, tokenMissing } from "../../core/failure/failure.ts";
import { eventually } from "../eventually.ts";
import { fakeClock } from "../fake-clock.ts";
import { bookBought, borrowed, cardBlocked, closed, confirmed, library, tooMany } from "./lending.fixture.ts";
import { hangs, isUnavailable, serviceUnderTest } from "./service-under-test.ts";

const takeDeposit = async () => ({ taken: 5 });
const book = { book: "Emma" };

test("callers of each role make calls by name, and get replies and refusals as values", async (t) => {
  const under = await serviceUnderTest(t, library, { neighbours: { bank: { takeDeposit } } });
  const [ann, bob] = [under.customer("ann"), under.customer("bob", { name: "Bob", session: "s" })];
  const loan = await ann.borrow({ body: book });
  assert.deepEqual([loan.reader, (await bob.borrow({ body: book })).reader], ["ann", "bob"]);
  await ann.borrow({ body: { book: "Persuasion" } });
  await assert.rejects(ann.borrow({ body: { book: "Third" } }), tooMany.is);
  assert.deepEqual(await under.anonymous.countBooks(), { count: 0, motto: "Silence" });
  await assert.rejects(under.anonymous.borrow({ body: book }), tokenMissing.is);
  await assert.rejects(ann.burn(), forbidden.is);
  await under.admin().burn();
  await under.service().inspect();
  await assert.rejects(ann.inspect(), Failure);
});

test("a whole answer has its status, headers and either a reply or the code of a refusal", async (t) => {
  const under = await serviceUnderTest(t, library, { neighbours: { bank: { takeDeposit } } });
  const ann = under.customer();
  const { id } = await ann.borrow({ body: book });
  const found = await ann.getLoan.answer({ params: { id } });
  assert.deepEqual([found.status, found.headers.get("etag"), found.reply?.book], [200, "1", "Emma"]);
  const same = await ann.getLoan.answer({ params: { id }, headers: { "if-none-match": "1" } });
  assert.deepEqual([same.status, same.reply], [304, undefined]);
  await assert.rejects(
    ann.getLoan({ params: { id }, headers: { "if-none-match": "1" } }),
    /GET \/loans\/\{id\} answered 304 without a body/,
  );
  const missing = await ann.getLoan.answer({ params: { id: "none" } });
  assert.deepEqual([missing.status, missing.refused], [404, "not_found"]);
  const invalid = await ann.borrow.answer({ body: { book: "x".repeat(51) } });
  assert.equal(invalid.refused, "invalid_input");
  assert.equal(invalid.failure?.errors?.[0]?.path, "/book");
  const raw = await ann.fetch("/loans", { method: "POST", body: "{", headers: { "content-type": "application/json" } });
  assert.deepEqual([raw.status, ((await raw.json()) as { code: string }).code], [400, "malformed_json"]);
});

test("a refusal outside of the contract is a bug, and the cause of a bug is what the service logged", async (t) => {
  const { anonymous } = await serviceUnderTest(t, library);
  await assert.rejects(anonymous.close({ body: book }), (error) => {
    assert.equal(closed.is(error), false);
    assert.ok(error instanceof Failure && error.kind === "bug");
    assert.match(String(error.cause), /answered 409 closed, which `refuses` of POST \/closings does not name/);
    return true;
  });
  await assert.rejects(anonymous.close({ body: { book: "all" } }), (error) => {
    assert.ok(error instanceof Failure && error.code === "internal_error");
    assert.match((error.cause as Error).stack ?? "", /the door is stuck[\s\S]*lending\.fixture/);
    return true;
  });
});

test("an event is handled or parked when publish returns; a repeat has no effect", async (t) => {
  const under = await serviceUnderTest(t, library);
  const id = "0198c0de-0000-7000-8000-000000000000";
  assert.equal(await under.publish(bookBought, book, { id }), "handled");
  assert.equal(await under.publish(bookBought, book, { id }), "handled");
  assert.equal((await under.anonymous.countBooks()).count, 1);
  assert.deepEqual(await under.publish(bookBought, { book: "Broken" }), {
    parked: "too_many: No more than two books",
  });
  assert.deepEqual(await under.publish(bookBought, { book: "Cursed" }), { parked: "the lights went out" });
  const letters = await under.deadLetters();
  assert.deepEqual(
    letters.map(({ type, attempts, message }) => [type, attempts, message.body]),
    [
      ["book.bought", 1, { book: "Broken" }],
      ["book.bought", 5, { book: "Cursed" }],
    ],
  );
  const unreadable = await under.publish(bookBought, book, { version: 7 });
  assert.match(unreadable === "handled" ? "" : unreadable.parked, /message_unreadable/);
  await assert.rejects(under.publish(confirmed, { id: "1" }), /lending does not consume book.confirmed/);
});

test("published events are read by kind and all together, those of a saga waited for", async (t) => {
  const under = await serviceUnderTest(t, library, { neighbours: { bank: { takeDeposit } } });
  assert.deepEqual(await under.published(borrowed), []);
  const loan = await under.customer().borrow({ body: book });
  assert.deepEqual(await under.published(borrowed), [loan]);
  assert.deepEqual(await under.published(confirmed, 1), [{ id: loan.id }]);
  const all = await under.published();
  assert.deepEqual(
    all.map(({ type, key, source }) => [type, key, source]),
    [
      ["book.borrowed", loan.id, "lending"],
      ["book.confirmed", loan.id, "lending"],
    ],
  );
  await assert.rejects(under.published(bookBought), /book.bought is not an event of lending/);
});

test("a neighbour is seen with its keys, refuses, is away and hangs, and the saga does what follows", async (t) => {
  let bank = (): Promise<{ taken: number }> => Promise.reject(cardBlocked.failure());
  const under = await serviceUnderTest(t, library, { neighbours: { bank: { takeDeposit: () => bank() } } });
  const ann = under.customer();
  const refused = await ann.borrow({ body: book });
  assert.deepEqual(await under.sagaEnd("lend", refused.id), { status: "failed", reason: "card_blocked" });
  assert.deepEqual(await under.published(confirmed), []);
  let attempts = 0;
  bank = () => (++attempts < 2 ? isUnavailable() : takeDeposit());
  const asked = await ann.borrow({ body: { book: "Persuasion" } });
  assert.deepEqual(await under.sagaEnd("lend", asked.id), { status: "done", reason: null });
  const requests = under.requests.bank.takeDeposit.filter(({ params }) => params.loanId === asked.id);
  assert.deepEqual(
    requests.map(({ key, body, caller }) => [key, body, caller]),
    Array(2).fill([`${asked.id}:lend:take-deposit`, { amount: 5 }, { kind: "service", name: "lending" }]),
  );
  bank = hangs;
  const hanging = await under.customer("bob").borrow({ body: book });
  await eventually(() => under.requests.bank.takeDeposit.some(({ params }) => params.loanId === hanging.id));
  assert.equal((await under.published(confirmed)).length, 1);
});

test("a hanging neighbour is given up when the test lets the time pass, and holds nothing up at the end", async (t) => {
  const clock = fakeClock();
  // An hour later the loan's own saga has given up as well.
  const bank = { takeDeposit: hangs, returnDeposit: async () => undefined };
  const under = await serviceUnderTest(t, library, { clock, neighbours: { bank } });
  const given = under.parts.clients.bank.takeDeposit({ params: { loanId: "1" }, body: { amount: 1 }, key: "k" });
  await eventually(() => under.requests.bank.takeDeposit.length === 1);
  const [refused] = await Promise.all([assert.rejects(given, deadlineExceeded.is), clock.advance(60_000)]);
  assert.equal(refused, undefined);
  const loan = await under.customer().borrow({ body: book });
  assert.equal(loan.at, clock.now().toISOString());
  assert.equal((await under.published())[0]?.time, "2030-01-01T00:01:00.000Z");
  await clock.advance(3_600_000);
  assert.equal(
    (await under.customer().getLoan({ params: { id: loan.id } })).id,
    loan.id,
    "tokens are of the clock's time",
  );
});

test("a worker runs now, a restart takes other settings, and replicas share what there is", async (t) => {
  const under = await serviceUnderTest(t, library, { settings: { MOTTO: "Read" } });
  await under.publish(bookBought, book);
  const dusted = async () =>
    (await under.database.query<{ dusted: number }>("select dusted from book"))[0]?.dusted ?? 0;
  const before = await dusted();
  await under.runWorker("dust books");
  assert.ok((await dusted()) > before);
  await assert.rejects(under.runWorker("dust cats"), /lending has no worker named dust cats/);
  assert.equal((await under.anonymous.countBooks()).motto, "Read");
  await under.restart({ MOTTO: "Write" });
  assert.deepEqual(await under.anonymous.countBooks(), { count: 1, motto: "Write" });
  const replica = await under.replica({ MOTTO: "Listen" });
  assert.notEqual(replica.url, under.url);
  assert.deepEqual(await replica.anonymous.countBooks(), { count: 1, motto: "Listen" });
  assert.equal(await under.publish(bookBought, { book: "Persuasion" }), "handled");
});

test("a saga that is parked is told with its cause, at once", async (t) => {
  const under = await serviceUnderTest(t, library, {
    neighbours: { bank: { takeDeposit, returnDeposit: isUnavailable } },
  });
  const { id } = await under.customer().borrow({ body: book });
  await under.sagaEnd("lend", id);
  await under.database.query("update saga set status = 'parked', parked_from = 'running', due_at = null");
  await assert.rejects(under.sagaEnd("lend", id), /the saga "lend" of ann-Emma is parked at/);
  assert.deepEqual(
    (await under.parkedSagas()).map(({ key }) => key),
    [id],
  );
});

/** A service under a test that ends when it is told to. */
async function underEndingTest(...[options]: [Parameters<typeof serviceUnderTest>[2]?]) {
  const hooks: Parameters<TestContext["after"]>[0][] = [];
  const under = await serviceUnderTest({ after: (hook) => void hooks.push(hook) }, library, options ?? {});
  const end = async () => {
    for (let hook = hooks.shift(); hook; hook = hooks.shift()) await (hook as () => Promise<void>)();
  };
  return { under, end };
}

const mistakes = {
  "bank.takeDeposit was called, and the test has no fake for it: add it to `neighbours`": {},
  "the fake of bank.takeDeposit refused with too_many, which its contract does not name": {
    takeDeposit: () => Promise.reject(tooMany.failure()),
  },
  "an assertion in a fake": { takeDeposit: () => assert.fail("an assertion in a fake") },
};

for (const [message, bank] of Object.entries(mistakes)) {
  test(`a test fails at once and at its end: ${message}`, async () => {
    const { under, end } = await underEndingTest({ neighbours: { bank } });
    const { id } = await under.customer().borrow({ body: book });
    await assert.rejects(under.sagaEnd("lend", id), { message });
    await assert.rejects(under.published(confirmed, 1), { message });
    await assert.rejects(end(), { message });
  });
}

test("only services that are named make internal calls", async (t) => {
  const under = await serviceUnderTest(t, library, { callers: ["press", "radio"] });
  await under.service("radio").inspect();
  await under.service().inspect();
  assert.throws(() => under.service("another"), /another may not call lending: name it in `callers`/);
});
