import { isUniqueViolation, type Queryable, type Transaction } from "@flotilla/chassis/database";
import { type Account, emailKey } from "./account.ts";

/** The accounts in the database: the only place with SQL about them. */
export type AccountStore = ReturnType<typeof accountStore>;

export const accountStore = (database: Queryable) => ({ ...accountsIn(database), ...administrators });

const accountsIn = (database: Queryable) => ({
  async find(id: string, queryable: Queryable = database): Promise<Account | undefined> {
    const [row] = await queryable.query<Row>(`select ${columns} from account where id = $1`, [id]);
    return row && fromRow(row);
  },

  async findByEmail(email: string): Promise<Account | undefined> {
    const [row] = await database.query<Row>(`select ${columns} from account where email_key = $1`, [emailKey(email)]);
    return row && fromRow(row);
  },

  /** Oldest first, those after `cursor`. */
  async list(cursor: string | undefined, limit: number): Promise<Account[]> {
    const rows = await database.query<Row>(`select ${columns} from account where id > $1 order by id limit $2`, [
      cursor ?? "",
      limit,
    ]);
    return rows.map(fromRow);
  },

  /** Locks the account until the transaction ends. */
  async findForChange(tx: Transaction, id: string): Promise<Account | undefined> {
    const [row] = await tx.query<Row>(`select ${columns} from account where id = $1 for update`, [id]);
    return row && fromRow(row);
  },

  /** The account, if its password is still the one with this hash; it stays so until the transaction ends. */
  async findUnchanged(tx: Transaction, { id, passwordHash }: Account): Promise<Account | undefined> {
    const [row] = await tx.query<Row>(`select ${columns} from account where id = $1 and password_hash = $2 for share`, [
      id,
      passwordHash,
    ]);
    return row && fromRow(row);
  },

  /** False, and nothing done, when there is an account with this email. */
  async add(tx: Transaction, account: Account): Promise<boolean> {
    const added = await tx.query(
      `insert into account (id, name, email, email_key, password_hash, role, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (email_key) do nothing returning 1`,
      [...changeable(account), account.createdAt],
    );
    return added.length === 1;
  },

  /** Throws an error that {@link isEmailTaken} knows when another account has this email. */
  async save(tx: Transaction, account: Account): Promise<void> {
    await tx.query(
      "update account set name = $2, email = $3, email_key = $4, password_hash = $5, role = $6 where id = $1",
      changeable(account),
    );
  },

  /** Removes the account, its sessions and their refresh tokens. */
  async remove(tx: Transaction, id: string): Promise<void> {
    await tx.query("delete from account where id = $1", [id]);
  },
});

/** Who is an administrator, and by the settings. */
const administrators = {
  /** The ids of all administrators, locked until the transaction ends. */
  async lockAdmins(tx: Transaction): Promise<string[]> {
    const rows = await tx.query<{ id: string }>("select id from account where role = 'admin' order by id for update");
    return rows.map(({ id }) => id);
  },

  /** Notes that the account is an administrator's by the settings. */
  async appoint(tx: Transaction, id: string): Promise<void> {
    await tx.query("update account set appointed = true where id = $1", [id]);
  },

  /** The ids of those whom the settings made administrators. */
  async listAppointed(database: Queryable): Promise<string[]> {
    const appointed = await database.query<{ id: string }>("select id from account where appointed order by id");
    return appointed.map(({ id }) => id);
  },

  /** Makes customers of all whom the settings made administrators, but for the one with this email; returns their ids. */
  async dismissOthers(tx: Transaction, email: string): Promise<string[]> {
    const dismissed = await tx.query<{ id: string }>(
      "update account set role = 'customer', appointed = false where appointed and email_key <> $1 returning id",
      [emailKey(email)],
    );
    return dismissed.map(({ id }) => id);
  },
};

export const isEmailTaken = (error: unknown): boolean => isUniqueViolation(error, "account_email_key_unique");

const columns = "id, name, email, password_hash, role, created_at";

type Row = {
  id: string;
  name: string;
  email: string;
  password_hash: string;
  role: Account["role"];
  created_at: Date;
};

const fromRow = (row: Row): Account => ({
  id: row.id,
  name: row.name,
  email: row.email,
  passwordHash: row.password_hash,
  role: row.role,
  createdAt: row.created_at.toISOString(),
});

const changeable = ({ id, name, email, passwordHash, role }: Account): unknown[] => [
  id,
  name,
  email,
  emailKey(email),
  passwordHash,
  role,
];
