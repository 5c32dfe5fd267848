import { combinedWrite, type Queryable, type Transaction } from "@flotilla/chassis/database";
import { euros } from "@flotilla/contracts/money";
import type { ProductSummary } from "@flotilla/contracts/products";
import { type CatalogueProduct, searchText } from "./product.ts";

/** Which products a list shows: those after `cursor` that hold all `words` and are of the `category`. */
export type ProductFilter = { words: string[]; category?: string | undefined; cursor?: string | undefined };

/** The products in the database: the only place with SQL about them. */
export type ProductStore = ReturnType<typeof productStore>;

export const productStore = (database: Queryable) => ({
  async find(id: string): Promise<CatalogueProduct | undefined> {
    const [row] = await database.query<Row>(`select ${columns} from product where id = $1`, [id]);
    return row && fromRow(row);
  },

  /** Locks the product until the transaction ends. */
  async findForChange(tx: Transaction, id: string): Promise<CatalogueProduct | undefined> {
    const [row] = await tx.query<Row>(`select ${columns} from product where id = $1 for update`, [id]);
    return row && fromRow(row);
  },

  /** Oldest first. */
  async list({ words, category, cursor }: ProductFilter, limit: number): Promise<CatalogueProduct[]> {
    const rows = await database.query<Row>(
      `select ${columns} from product
       where id > $1 and search_text like all ($2::text[]) and ($3::text is null or category = $3)
       order by id limit $4`,
      [cursor ?? "", words.map(patternOf), category, limit],
    );
    return rows.map(fromRow);
  },

  async summarise(ids: string[]): Promise<ProductSummary[]> {
    const rows = await database.query<Pick<Row, "id" | "name" | "price">>(
      "select id, name, price from product where id = any ($1)",
      [ids],
    );
    return rows.map(({ id, name, price }) => ({ id, name, price: euros(Number(price)) }));
  },

  async add(tx: Transaction, product: CatalogueProduct): Promise<void> {
    await tx.query(
      `insert into product (id, name, description, price, category, image_url, search_text, updated_at, version, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [...changeable(product), product.createdAt],
    );
  },

  async save(tx: Transaction, product: CatalogueProduct): Promise<void> {
    await tx.query(
      `update product set name = $2, description = $3, price = $4, category = $5, image_url = $6, search_text = $7,
         updated_at = $8, version = $9
       where id = $1`,
      changeable(product),
    );
  },

  async remove(tx: Transaction, id: string): Promise<void> {
    await tx.query("delete from product where id = $1", [id]);
  },

  noteStock,

  /** True for one caller in the life of this database; others wait until that one has committed. */
  async claimFirstCatalogue(tx: Transaction, now: Date): Promise<boolean> {
    const claimed = await tx.query(
      "insert into first_catalogue (filled_at) values ($1) on conflict do nothing returning 1",
      [now],
    );
    return claimed.length === 1;
  },
});

type StockNote = { readonly productId: string; readonly available: number; readonly version: number };

/** Notes what can still be reserved of a product, unless something newer is known. */
const noteStock = combinedWrite<StockNote, void>(async (tx, notes) => {
  const newest = new Map<string, StockNote>();
  for (const note of notes)
    if (note.version > (newest.get(note.productId)?.version ?? 0)) newest.set(note.productId, note);
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  await tx.query(
    `update product set available = given.available, stock_version = given.version
       from json_to_recordset($1) as given (one integer, id text, available integer, version integer)
      where given.one = 1 and product.id = given.id and product.stock_version < given.version`,
    [
      JSON.stringify(
        [...newest.values()].map(({ productId: id, available, version }) => ({ one: 1, id, available, version })),
      ),
    ],
  );
  return notes.map(() => undefined);
});

const columns = `id, name, description, price, category, image_url, available, stock_version, version, created_at, updated_at`;

type Row = {
  id: string;
  name: string;
  description: string;
  price: string;
  category: string;
  image_url: string;
  available: number;
  stock_version: string;
  version: number;
  created_at: Date;
  updated_at: Date;
};

const fromRow = (row: Row): CatalogueProduct => ({
  id: row.id,
  name: row.name,
  description: row.description,
  price: euros(Number(row.price)),
  category: row.category,
  imageUrl: row.image_url,
  available: row.available,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  version: row.version,
  stockVersion: Number(row.stock_version),
});

const changeable = (product: CatalogueProduct): unknown[] => [
  product.id,
  product.name,
  product.description,
  product.price.amount,
  product.category,
  product.imageUrl,
  searchText(product),
  product.updatedAt,
  product.version,
];

/** The word anywhere; `%` and `_` in it stand for themselves. */
const patternOf = (word: string): string => `%${word.replace(/[\\%_]/g, "\\$&")}%`;
