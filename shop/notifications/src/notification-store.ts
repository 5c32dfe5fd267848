import { combinedWrite, type Database, type Transaction } from "@flotilla/chassis/database";
import type { Notification } from "@flotilla/contracts/notifications";
import type { Content } from "./notification.ts";

/** A user, and the id of their newest notification. */
export type Newest = { userId: string; id: string };

/**
 * The notifications of the users. Whoever sees a notification sees all of the same user with a smaller id, now and later: ids are
 * given in the order of commits.
 */
export type NotificationStore = {
  /** Adds one and returns its id; undefined when the account has been closed. */
  add(tx: Transaction, userId: string, content: Content): Promise<string | undefined>;
  /** Newest first, those before `cursor`, at most `count`. */
  list(userId: string, page: { cursor?: string | undefined; count: number }): Promise<Notification[]>;
  /** Oldest first, those after `id` (empty: all), at most `count`. */
  after(userId: string, id: string, count: number): Promise<Notification[]>;
  /** The newest of each of these users; those without any are left out. */
  newest(userIds: readonly string[]): Promise<Newest[]>;
  /** False when the user has no such notification. */
  markRead(userId: string, id: string): Promise<boolean>;
  /** Removes the user's notifications; none is added any more. */
  closeAccount(tx: Transaction, userId: string): Promise<void>;
};

type Row = Omit<Notification, "createdAt"> & { createdAt: Date };

const columns = `id, type, title, message, order_id as "orderId", read_at is not null as read, created_at as "createdAt"`;

/** Keeps notifications in the table `notification`. */
export function notificationStore(database: Database): NotificationStore {
  return {
    add: (tx, userId, content) => add(tx, { userId, ...content }),
    async list(userId, { cursor, count }) {
      const rows = await database.query<Row>(
        `select ${columns} from notification where user_id = $1 and ($2::text is null or id < $2)
         order by id desc limit $3`,
        [userId, cursor ?? null, count],
      );
      return rows.map(fromRow);
    },
    async after(userId, id, count) {
      const rows = await database.query<Row>(
        `select ${columns} from notification where user_id = $1 and id > $2 order by id limit $3`,
        [userId, id, count],
      );
      return rows.map(fromRow);
    },
    newest: (userIds) =>
      database.query<Newest>(
        `select asked.user_id as "userId", last.id from unnest($1::text[]) as asked (user_id)
         cross join lateral (
           select id from notification where user_id = asked.user_id order by id desc limit 1) as last`,
        [userIds],
      ),
    async markRead(userId, id) {
      const marked = await database.query(
        "update notification set read_at = coalesce(read_at, now()) where id = $1 and user_id = $2 returning id",
        [id, userId],
      );
      return marked.length === 1;
    },
    async closeAccount(tx, userId) {
      await lock(tx, [userId]);
      await tx.query("insert into closed_account (user_id) values ($1) on conflict do nothing", [userId]);
      await tx.query("delete from notification where user_id = $1", [userId]);
    },
  };
}

const add = combinedWrite<Content & { userId: string }, string | undefined>(async (tx, given) => {
  await lock(
    tx,
    given.map(({ userId }) => userId),
  );
  const added = await tx.query<{ number: number; id: string }>(
    `with fresh as materialized (
       select lpad(nextval('notification_number')::text, 16, '0') as id, given.*
         from json_to_recordset($1) as given (number integer, "userId" text, type text, title text, message text, "orderId" text)
        where not exists (select from closed_account where user_id = given."userId")
     ), added as (
       insert into notification (id, user_id, type, title, message, order_id)
       select id, "userId", type, title, message, "orderId" from fresh
     )
     select number, id from fresh`,
    [JSON.stringify(given.map((each, number) => ({ number, ...each })))],
  );
  const ids = new Map(added.map(({ number, id }) => [number, id]));
  return given.map((_, number) => ids.get(number));
});

/**
 * Held until the commit: the next id of these users is taken only when this one can be seen. In one order, so that those who want the
 * same wait for each other instead of locking each other out.
 */
const lock = (tx: Transaction, userIds: readonly string[]) =>
  tx.query(
    `select pg_advisory_xact_lock(number) from (
       select distinct hashtextextended(id, 0) as number from unnest($1::text[]) as id order by 1) as numbers`,
    [userIds],
  );

const fromRow = (row: Row): Notification => ({ ...row, createdAt: row.createdAt.toISOString() });
