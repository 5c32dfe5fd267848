import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { event } from "../../contract/event.ts";
import { Fields, Id, Time } from "../../contract/schema.ts";
import { notFound, refusal } from "../../core/failure/failure.ts";
import { userOf } from "../../identity/caller.ts";
import { on } from "../../messaging/messaging.ts";
import { saga } from "../../saga/definition/saga.ts";
import { answer } from "../../service/answer.ts";
import { defineService } from "../../service/definition.ts";
import { worker } from "../../service/worker.ts";

export const cardBlocked = refusal("card_blocked", 402, "The card is blocked");
export const tooMany = refusal("too_many", 409, "No more than two books");
/** Not named by the contract of any call. */
export const closed = refusal("closed", 409, "The library is closed");

const takeDeposit = call("POST /deposits/{loanId}", {
  access: "internal",
  summary: "Take a deposit",
  idempotencyKey: "required",
  body: Fields({ amount: Type.Integer({ minimum: 1 }) }),
  replies: { 200: Fields({ taken: Type.Integer() }) },
  refuses: [cardBlocked],
});
const returnDeposit = call("DELETE /deposits/{loanId}", {
  access: "internal",
  summary: "Give it back",
  replies: { 204: null },
});

const Loan = Fields({ id: Id, book: Type.String({ maxLength: 50 }), reader: Type.String(), at: Time });
const Book = Fields({ book: Type.String({ maxLength: 50 }) });
const loanFields = { key: "id", body: Loan } as const;
export const borrowed = event("book.borrowed", loanFields);
export const confirmed = event("book.confirmed", { key: "id", body: Fields({ id: Id }) });
export const bookBought = event("book.bought", { key: "book", body: Book });

const lending = contract("lending", {
  calls: {
    borrow: call("POST /loans", {
      access: "customer",
      summary: "Borrow a book",
      body: Book,
      replies: { 201: Loan },
      refuses: [tooMany],
    }),
    getLoan: call("GET /loans/{id}", {
      access: "customer",
      summary: "A loan",
      headers: Type.Object({ "if-none-match": Type.Optional(Type.String()) }),
      replies: { 200: Loan },
      refuses: [notFound],
    }),
    countBooks: call("GET /books", {
      access: "public",
      summary: "How many there are",
      replies: { 200: Fields({ count: Type.Integer(), motto: Type.String() }) },
    }),
    burn: call("DELETE /books", { access: "admin", summary: "Remove them all", replies: { 204: null } }),
    inspect: call("GET /inspections", { access: "internal", summary: "For services", replies: { 204: null } }),
    close: call("POST /closings", { access: "public", summary: "Fails", body: Book, replies: { 204: null } }),
  },
  events: { borrowed, confirmed },
});

const loan = saga("lend", Fields({ id: Id }));

/** A library that lends books: calls of every access, an event in and two out, a neighbour, a saga, a worker, a setting. */
export const library = defineService(lending, {
  config: Type.Object({ MOTTO: Type.String({ default: "Silence" }) }),
  migrations: new URL("./lending-migrations/", import.meta.url),
  calls: { bank: { takeDeposit, returnDeposit } },
  consumes: [
    on(bookBought, async ({ book }, tx) => {
      if (book === "Broken") throw tooMany.failure();
      if (book === "Cursed") throw new Error("the lights went out");
      await tx.query("insert into book (title) values ($1)", [book]);
    }),
  ],
  wire({ config, database, publish, startSaga, clients: { bank }, clock }) {
    const lend = loan
      .step("take deposit", {
        do: ({ id }, { key }) => bank.takeDeposit({ params: { loanId: id }, body: { amount: 5 }, key }),
        undo: ({ id }) => bank.returnDeposit({ params: { loanId: id } }),
        refuses: [takeDeposit],
      })
      .pivot("confirm", { within: (tx, { id }) => publish(tx, confirmed, { id }) })
      .fails(async () => {});
    return {
      answers: {
        borrow: ({ body: { book }, caller }) =>
          database.transaction(async (tx) => {
            const reader = userOf(caller).id;
            const id = `${reader}-${book}`;
            const found = { id, book, reader, at: clock.now().toISOString() };
            if ((await tx.query("select from loan where reader = $1", [reader])).length > 1) throw tooMany.failure();
            await tx.query("insert into loan (id, reader, loan) values ($1, $2, $3)", [id, reader, found]);
            await publish(tx, borrowed, found);
            await startSaga(tx, lend, { key: id, input: { id } });
            return found;
          }),
        async getLoan({ params: { id }, headers }) {
          const [row] = await database.query<{ loan: never }>("select loan from loan where id = $1", [id]);
          if (!row) throw notFound.failure();
          return headers["if-none-match"] === "1" ? answer(304, row.loan) : answer(200, row.loan, { etag: "1" });
        },
        async countBooks() {
          const count = (await database.query("select from book")).length;
          return { count, motto: config.MOTTO };
        },
        burn: async () => void (await database.query("delete from book")),
        inspect: async () => undefined,
        async close({ body: { book } }) {
          if (book === "all") throw new Error("the door is stuck");
          throw closed.failure();
        },
      },
      sagas: [lend],
      workers: [
        worker("dust books", 3_600_000, async () => {
          await database.query("update book set dusted = dusted + 1");
        }),
      ],
    };
  },
});
