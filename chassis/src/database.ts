/* A service's own PostgreSQL: transactions, statements made for many callers, and idempotency keys. */

export { type Database, openDatabase, type Queryable, type Transaction } from "./database/database.ts";
export { createReplaceResult, once } from "./database/idempotency.ts";
export { migrate } from "./database/migrate.ts";
export { isUniqueViolation, Overtaken } from "./database/postgres-error.ts";
export type { Retention } from "./database/retention.ts";
export { combinedRead, combinedWrite } from "./database/transactions/combined.ts";
export { groupCommit } from "./database/transactions/group-commit.ts";
export { type GroupedTransaction, groupTransactions } from "./database/transactions/group-transactions.ts";
export { readTogether } from "./database/transactions/read-together.ts";
