import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { currentContext } from "../context/context.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { connectionTo } from "./connections/connection-to.ts";
import { poolMetrics } from "./connections/pool-metrics.ts";
import { type SilenceWatch, watchSilence } from "./connections/silent-connections.ts";
import { abandon, execute } from "./connections/statement.ts";
import { createWaitingLine, NO_END, type WaitingLine } from "./connections/waiting-line.ts";
import { failureFromPostgres } from "./postgres-error.ts";
import { createConflictRetries } from "./transactions/conflict-retries.ts";
import { createIdleTransactions } from "./transactions/idle-transactions.ts";
import { type Isolation, inTransaction, type Queryable, rowsOf, type Transaction } from "./transactions/transaction.ts";

export type { Isolation, Queryable, Transaction };

/**
 * A service's own PostgreSQL database. Statements belong to the work under way: what is over (its deadline has passed, its caller has
 * left) gets no connection and begins no statement, and a statement that runs by then is cancelled on the server.
 */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws (and when it returns although one of
   * its statements failed: that throws as well). Unless `isolation` says otherwise it is as if no other transaction ran: what was read is
   * still so at the commit, whether or not it was locked (PostgreSQL's SERIALIZABLE). Work that lost a conflict (serialization
   * failure, deadlock) is run again, up to 20 times, so it must do nothing but use the transaction. No remote calls inside: they would hold
   * locks while they wait. While other work waits for a connection, a transaction that runs no statement for a second and a half is rolled
   * back with `deadline_exceeded`; so is one of low priority that runs one statement for as long, unless few of them do.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Whether the server answers right now; asked on a connection that no other work takes. */
  answers(): Promise<boolean>;
  /** Waits for what is under way, then closes all connections. */
  close(): Promise<void>;
}

export type TransactionOptions = {
  /**
   * `serializable`: alone, as far as it can see. `read committed`: each statement sees what has been committed until then; for work that
   * locks whatever it relies on, and then costs less where many want the same rows. Default `serializable`.
   */
  isolation?: Isolation;
  /**
   * `low`: for work in the background, such as handling events. All of it together takes at most four in ten connections, and waits for
   * one as long as its deadline allows. Default `normal`.
   */
  priority?: "normal" | "low";
};

export type DatabaseOptions = {
  url: string;
  /** What the server shows as application_name. */
  name: string;
  log: Log;
  /** The most connections at once. Default 10. */
  connections?: number;
  /** Milliseconds that somebody waits for a connection at most; after that it is `unavailable`. Default 900. */
  longestWait?: number;
  /** Milliseconds after which the server ends a statement. Default 10,000. */
  statementTimeout?: number;
  /** Hears for how many milliseconds somebody waited for a connection; 0 when one was free. */
  onWaited?: (milliseconds: number) => void;
  /** Tells of the connections. Default: nobody does. */
  metrics?: Metrics;
};

/** The part of the connections that work of low priority may take. */
const BACKGROUND_SHARE = 0.4;

/** The part of the connections that those of them have besides whose statements take long. */
const SLOW_SHARE = 0.2;

/** Milliseconds in which a server that is asked whether it answers has to. */
const LONGEST_CHECK = 800;

/** Milliseconds beyond the statement's time after which a server that says nothing, and can't be asked, is taken for gone. */
const SILENCE = 2_000;

/** Milliseconds without a word after which the system asks whether the other side is still there. */
const KEEP_ALIVE = 10_000;

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
  const { statementTimeout = 10_000, connections = 10, longestWait = 900, onWaited = () => {} } = options;
  const pool = new pg.Pool({
    ...connectionTo(options.url),
    application_name: options.name,
    types,
    // One more than work takes: whether the server answers can be asked while all others are busy.
    max: connections + 1,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 600,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + SILENCE,
    idle_in_transaction_session_timeout: 30_000,
  });
  const countWait = options.metrics && poolMetrics(options.metrics, pool, connections);
  const line = createWaitingLine({
    places: connections,
    patience: longestWait,
    onWaited(milliseconds) {
      countWait?.(milliseconds);
      onWaited(milliseconds);
    },
  });
  const background = createWaitingLine({ places: Math.ceil(connections * BACKGROUND_SHARE), patience: NO_END });
  const isContended = () => background.waiting() > 0 || line.waiting() > 0;
  const idle = createIdleTransactions(Math.floor(connections * SLOW_SHARE));
  const retryConflicts = createConflictRetries();
  const silence = watchSilence(pool, options);
  pool.on("error", (error) => options.log.warn({ err: error }, "an idle database connection was lost"));
  const use: Use = (work) => withConnection(pool, silence, work);
  return {
    async query(text, values) {
      const rows = await inLine(line, () => use((client) => rowsOf(client, text, values)));
      idle.answered();
      return rows as never;
    },
    transaction(work, { isolation = "serializable", priority = "normal" } = {}) {
      const isLow = priority === "low";
      const once = (makeRoom?: () => void) =>
        inLine(line, () =>
          use((client) => {
            const activity = idle.begin({ isContended: isLow ? isContended : () => line.waiting() > 0, makeRoom });
            return inTransaction(client, work, { isolation, activity }).finally(activity.close);
          }),
        );
      return retryConflicts(isLow ? () => inLine(background, once) : () => once());
    },
    answers: () => answers(use),
    async close() {
      await pool.end();
      silence.close();
    },
  };
}

/** Does work on a connection of the pool, and gives it back. */
type Use = <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>;

/** Does `work` as soon as it is its turn. It may leave its place to another before it has ended. */
async function inLine<T>(line: WaitingLine, work: (leave: () => void) => Promise<T>): Promise<T> {
  await line.enter(currentContext());
  let hasLeft = false;
  const leave = () => {
    if (!hasLeft) line.leave();
    hasLeft = true;
  };
  try {
    return await work(leave);
  } finally {
    leave();
  }
}

async function answers(use: Use): Promise<boolean> {
  const asked = use((client) => execute(client, "select 1"));
  const late = new AbortController();
  const answered = await Promise.race([
    asked.then(
      () => true,
      () => false,
    ),
    delay(LONGEST_CHECK, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  return answered;
}

async function withConnection<T>(
  pool: pg.Pool,
  silence: SilenceWatch,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await connect(pool, silence).catch((error: unknown) => {
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

async function connect(pool: pg.Pool, silence: SilenceWatch): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (!silence.isDoubtful(client)) return client;
    client.on("error", () => {});
    abandon(client);
    client.release(true);
  }
}
