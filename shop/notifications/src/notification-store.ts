import type { Database, Transaction } from "@flotilla/chassis/database";
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
    async add(tx, userId, { type, title, message, orderId }) {
      await lock(tx, userId);
      const [added] = await tx.query<{ id: string }>(
        `insert into notification (id, user_id, type, title, message, order_id)
         select lpad(nextval('notification_number')::text, 16, '0'), $1, $2, $3, $4, $5
         where not exists (select from closed_account where user_id = $1) returning id`,
        [userId, type, title, message, orderId],
      );
      return added?.id;
    },
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
      await lock(tx, userId);
      await tx.query("insert into closed_account (user_id) values ($1) on conflict do nothing", [userId]);
      await tx.query("delete from notification where user_id = $1", [userId]);
    },
  };
}

/** Held until the commit: the next id of this user is taken only when this one can be seen. */
const lock = (tx: Transaction, userId: string) =>
  tx.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [userId]);

const fromRow = (row: Row): Notification => ({ ...row, createdAt: row.createdAt.toISOString() });
