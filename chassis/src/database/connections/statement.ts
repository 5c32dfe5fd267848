import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { currentContext } from "../../context/context.ts";
import { whyOver } from "../../context/time-left.ts";
import { failureFromPostgres, isConnectionLost } from "../postgres-error.ts";
import { cancelStatement } from "./cancel-statement.ts";
import { inStatementSpan } from "./statement-span.ts";

/** Milliseconds that a statement which was cancelled has to end in before its connection is given up. */
const PATIENCE = 500;

/**
 * Runs a statement for the work under way: not at all when that is over already, and cancelled on the server when it ends meanwhile.
 * Rejects with why the work is over, `unavailable` when the database can't be reached or took too long, else with the server's error.
 */
export async function runStatement<Row extends object>(
  client: pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<pg.QueryResult<Row>> {
  const context = currentContext();
  const over = whyOver(context);
  if (over) throw over;
  const running = execute<Row>(client, text, values);
  const cancellation = context?.cancellation;
  if (!cancellation) return running;
  let cancelled: Promise<void> | undefined;
  const cancel = () => {
    cancelled = endStatement(client, running);
  };
  cancellation.listen(cancel);
  try {
    return await running;
  } catch (error) {
    throw (cancelled && whyOver(context)) ?? error;
  } finally {
    cancellation.forget(cancel);
    // Before, the request might hit whatever runs next on this connection.
    await cancelled;
  }
}

/** Runs a statement to its end, whoever waits for it. */
export const execute = <Row extends object>(
  client: pg.PoolClient,
  text: string,
  values?: readonly unknown[],
): Promise<pg.QueryResult<Row>> => inStatementSpan(text, () => send<Row>(client, text, values));

/** Since when each connection has been waiting for the answer to a statement. */
const awaited = new WeakMap<pg.ClientBase, number>();

/** When the statement was sent that this connection waits for, on the clock of `performance.now()`; undefined when it waits for none. */
export const awaitedSince = (client: pg.ClientBase): number | undefined => awaited.get(client);

async function send<Row extends object>(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[] | undefined,
): Promise<pg.QueryResult<Row>> {
  awaited.set(client, performance.now());
  try {
    // Statements with parameters are prepared once for each connection.
    return values
      ? await client.query<Row>({ name: statementName(text), text, values: values as unknown[] })
      : await client.query<Row>(text);
  } catch (error) {
    if (isConnectionLost(error)) client.emit("error", error as Error);
    throw failureFromPostgres(error);
  } finally {
    awaited.delete(client);
  }
}

/** Cancels a statement; when the server does not end it soon, the connection is ended. */
export async function endStatement(client: pg.PoolClient, running: Promise<unknown>): Promise<void> {
  const ended = running.then(
    () => true,
    () => true,
  );
  const cancelling = cancelStatement(client);
  const late = new AbortController();
  const inTime = await Promise.race([ended, delay(PATIENCE, false, { signal: late.signal }).catch(() => false)]);
  late.abort();
  if (!inTime) abandon(client);
  await cancelling;
}

/** Ends a connection at once; its statement fails with it. */
export function abandon(client: pg.ClientBase): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
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
