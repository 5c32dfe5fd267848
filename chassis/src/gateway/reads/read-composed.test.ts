import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, PageQuery } from "../../contract/schema.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { as, bodyOf, gatewayTo } from "../gateway.fixture.ts";
import { createRouteTable } from "../route-table.ts";
import type { Composition } from "./composition.ts";

const Loan = Fields({ id: Type.String(), bookId: Type.String() });
const Book = Fields({ id: Type.String(), title: Type.String() });
const loans = contract("loans", {
  calls: {
    getLoan: call("GET /loans/{id}", {
      summary: "A loan",
      access: "customer",
      query: PageQuery,
      replies: { 200: Loan },
    }),
  },
  events: {},
});
const books = contract("books", {
  calls: {
    getBook: call("GET /books/{id}", { summary: "A book", access: "customer", replies: { 200: Book } }),
    getCost: call("GET /costs/{id}", { summary: "Its cost", access: "admin", replies: { 200: Book } }),
  },
  events: {},
});
const book = {
  service: "books",
  call: books.calls.getBook,
  parameters: ({ bookId }: Record<string, unknown>) => ({ id: String(bookId) }),
};
const compositions: Composition[] = [{ contract: loans, call: "getLoan", includes: { book } }];

async function composed(t: TestContext, bookAnswer: [status: number, body: unknown]) {
  const loan = { id: "l1", bookId: "a/b" };
  const loanService = await httpServer(
    t,
    (request, response) =>
      request.url.startsWith("/loans/l1")
        ? answerJson(response, 200, loan, { etag: '"1"' })
        : answerJson(response, 404, { status: 404, code: "not_found" }),
    "loans",
  );
  const bookService = await httpServer(t, (_, response) => answerJson(response, ...bookAnswer), "books");
  const { url } = await gatewayTo(t, [], {
    contracts: [loans, books],
    compositions,
    discovery: staticDiscovery({ loans: [loanService.url], books: [bookService.url] }),
  });
  const ask = async (path: string, token = "ann") => {
    const response = await fetch(url + path, { headers: { ...as(token), "if-none-match": '"1"' } });
    return { status: response.status, body: await bodyOf(response) };
  };
  return { ask, url, loanService, bookService, loan };
}

test("a read brings along what another service knows, by the client's own token", async (t) => {
  const { ask, loanService, bookService, loan } = await composed(t, [200, { id: "a/b", title: "Emma" }]);
  const { status, body } = await ask("/api/loans/l1?limit=5&include=book");
  assert.equal(status, 200);
  assert.deepEqual(body, { ...loan, book: { id: "a/b", title: "Emma" } });
  assert.equal(loanService.requests[0]?.url, "/loans/l1?limit=5");
  assert.equal(loanService.requests[0]?.headers["if-none-match"], undefined);
  assert.equal(bookService.requests[0]?.url, "/books/a%2Fb");
  assert.equal(bookService.requests[0]?.headers.authorization, "Bearer ann");
  const [one, other] = [loanService, bookService].map(({ requests }) => requests[0]?.headers);
  assert.equal(one?.["traceparent"], other?.["traceparent"]);
});

test("without include it is the service's own answer", async (t) => {
  const { ask, loan, bookService } = await composed(t, [200, {}]);
  assert.deepEqual((await ask("/api/loans/l1")).body, loan);
  assert.equal(bookService.requests.length, 0);
});

test("a part that is not there is null, one that fails fails the whole, and what is not found has no parts", async (t) => {
  const missing = await composed(t, [404, { status: 404, code: "not_found" }]);
  assert.equal((await missing.ask("/api/loans/l1?include=book")).body["book"], null);
  const failing = await composed(t, [503, { status: 503, code: "unavailable" }]);
  assert.equal((await failing.ask("/api/loans/l1?include=book")).status, 502);
  assert.equal((await missing.ask("/api/loans/l2?include=book")).status, 404);
  assert.equal(missing.bookService.requests.length, 1);
});

test("a part that there isn't is refused by its path, before any service is asked", async (t) => {
  const { ask, loanService } = await composed(t, [200, {}]);
  for (const query of [
    "include=author",
    "include=book,author",
    "include=",
    "include=__proto__",
    "include=constructor",
  ]) {
    const { status, body } = await ask(`/api/loans/l1?${query}`);
    assert.equal(status, 400, query);
    assert.deepEqual((body["errors"] as { path: string }[])[0]?.path, "/query/include");
  }
  assert.equal(loanService.requests.length, 0);
});

test("the documents tell of the parts", async (t) => {
  const { url } = await composed(t, [200, {}]);
  const document = JSON.stringify(await bodyOf(await fetch(`${url}/api/openapi.json`)));
  assert.match(document, /"name":"include","in":"query","required":false/);
  assert.match(document, /"title"/);
});

test("a part that others may see than the whole does not start", () => {
  const cost = { ...book, call: books.calls.getCost };
  const wrong: Composition[] = [{ contract: loans, call: "getLoan", includes: { cost } }];
  const taken: Composition[] = [{ contract: loans, call: "getLoan", includes: { bookId: book } }];
  const table = (given: Composition[]) =>
    createRouteTable({ contracts: [loans, books], prefix: "/api", compositions: given }, []);
  assert.throws(() => table(wrong), /same access/);
  assert.throws(() => table(taken), /has a field bookId/);
});
