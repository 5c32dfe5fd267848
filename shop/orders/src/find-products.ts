import { readTogether } from "@flotilla/chassis/database";
import type { Client } from "@flotilla/chassis/service";
import type { ProductSummary, products } from "@flotilla/contracts/products";

/** What products are called and cost right now, by their ids; those that are not in the catalogue are left out. */
export type FindProducts = (ids: readonly string[]) => Promise<ReadonlyMap<string, ProductSummary>>;

/** As many as fit into one call. */
const MOST = 60;

/** Asks the catalogue: one question for all who ask at the same time. */
export const findProducts = (catalogue: Pick<Client<typeof products>, "summariseProducts">): FindProducts =>
  readTogether({
    async read(questions: readonly (readonly string[])[]) {
      const ids = Array.from(new Set(questions.flat()));
      const parts = Array.from({ length: Math.ceil(ids.length / MOST) }, (_, n) => ids.slice(n * MOST, (n + 1) * MOST));
      const answers = await Promise.all(
        parts.map((part) => catalogue.summariseProducts({ query: { ids: part.join(",") } })),
      );
      const found = new Map(answers.flatMap(({ items }) => items.map((item) => [item.id, item] as const)));
      return questions.map(() => found);
    },
  });
