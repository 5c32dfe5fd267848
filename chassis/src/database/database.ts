import { createHash } from "node:crypto";
import pg from "pg";
import type { Log } from "../telemetry/log.ts";
import { failureFromPostgres, isConflict, isConnectionLost } from "./postgres-error.ts";

/** Something that runs SQL. Values are always parameters (`$1`), never part of the text. */
export interface Queryable {
  /** Runs one statement and returns its rows. */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * A transaction under way. Only `Database.transaction` makes one, so whatever asks for a `Transaction` (publishing,
 * starting a saga) can't happen outside of one.
 */
export interface Transaction extends Queryable {
  /** `run` is called once the transaction has been committed, never when it was rolled back. It must not throw. */
  afterCommit(run: () => void): void;
  readonly "~transaction": true;
}

/** A service's own PostgreSQL database. */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws (and when it returns although one of
   * its statements failed: that throws as well). Work that lost a conflict
   * (serialization failure, deadlock) is run again, at most three times, so it must do nothing but use the transaction.
   * No remote calls inside: they would hold locks while they wait.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Waits for what is under way, then closes all connections. */
  close(): Promise<void>;
}

export type DatabaseOptions = {
  url: string;
  /** What the server shows as application_name. */
  name: string;
  log: Log;
  /** The most connections at once. Default 10. */
  connections?: number;
  /** Milliseconds after which the server ends a statement. Default 10,000. */
  statementTimeout?: number;
};

/** Milliseconds beyond the statement's time after which a server that says nothing is taken for gone. */
const SILENCE = 2_000;

/** Counts and amounts are `bigint` columns and safe integers here: bigger ones are an error, not a rounded number. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? safeInteger : pg.types.getTypeParser(oid, format)),
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is more than a number can hold`);
  return value;
}

/** Opens a pool of connections; the first one is made when it is needed. */
export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeout = 10_000 } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    types,
    max: options.connections ?? 10,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 600,
    keepAlive: true,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + SILENCE,
    idle_in_transaction_session_timeout: 30_000,
  });
  pool.on("error", (error) => options.log.warn({ err: error }, "an idle database connection was lost"));
  return {
    query: (text, values) => withConnection(pool, (client) => run(client, text, values)),
    transaction: (work) => retryConflicts(() => withConnection(pool, (client) => inTransaction(client, work))),
    close: () => pool.end(),
  };
}

async function withConnection<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw failureFromPostgres(error);
  });
  let lost = false;
  const onError = () => {
    lost = true;
  };
  client.on("error", onError);
  try {
    return await work(client);
  } finally {
    client.off("error", onError);
    client.release(lost);
  }
}

async function inTransaction<T>(client: pg.PoolClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const afterCommit: (() => void)[] = [];
  const tx: Transaction = {
    query: (text, values) => run(client, text, values),
    afterCommit: (callback) => afterCommit.push(callback),
    "~transaction": true,
  };
  await run(client, "begin");
  let result: T;
  try {
    result = await work(tx);
    await commit(client);
  } catch (error) {
    // A rollback that fails means the connection is gone, and the server has rolled back by itself.
    await run(client, "rollback").catch(() => client.emit("error", error as Error));
    throw error;
  }
  for (const callback of afterCommit) callback();
  return result;
}

/** A transaction in which a statement failed is rolled back by its commit, and PostgreSQL does not call that an error. */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await execute(client, "commit");
  if (command !== "COMMIT") throw new Error("a statement of the transaction failed, and its work went on regardless");
}

const run = async <Row extends object>(client: pg.PoolClient, text: string, values?: readonly unknown[]) =>
  (await execute<Row>(client, text, values)).rows;

async function execute<Row extends object>(
  client: pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<pg.QueryResult<Row>> {
  try {
    // Statements with parameters are prepared once for each connection.
    return values
      ? await client.query<Row>({ name: statementName(text), text, values: values as unknown[] })
      : await client.query<Row>(text);
  } catch (error) {
    if (isConnectionLost(error)) client.emit("error", error as Error);
    throw failureFromPostgres(error);
  }
}

const statementNames = new Map<string, string>();

function statementName(text: string): string {
  let name = statementNames.get(text);
  if (!name) {
    name = createHash("sha1").update(text).digest("base64url");
    statementNames.set(text, name);
  }
  return name;
}

async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 3 || !isConflict(error)) throw error;
    }
  }
}
