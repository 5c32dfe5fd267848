/* A service's own PostgreSQL: transactions, statements made for many callers, and idempotency keys. */
export { combinedRead, combinedWrite } from "./database/combined.ts";
export { type Database, openDatabase, type Queryable, type Transaction } from "./database/database.ts";
export { groupCommit } from "./database/group-commit.ts";
export { type GroupedTransaction, groupTransactions } from "./database/group-transactions.ts";
export { createReplaceResult, once } from "./database/idempotency.ts";
export { migrate } from "./database/migrate.ts";
export { isUniqueViolation, Overtaken } from "./database/postgres-error.ts";
export { readTogether } from "./database/read-together.ts";
export type { Retention } from "./database/retention.ts";
