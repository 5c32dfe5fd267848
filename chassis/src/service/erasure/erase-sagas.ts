import { Type } from "typebox";
import { erasePersonal, hasPersonal } from "../../contract/personal.ts";
import type { Queryable } from "../../database/database.ts";
import type { AnySaga } from "../../saga/definition/saga.ts";
import { pagesAbout, type Searched } from "./pages.ts";

const table: Searched = {
  table: "saga",
  key: { id: "uuid" },
  text: "(input::text || added::text)",
  columns: ["name", "version", "input", "added", "ended_at"],
};
type Stored = { id: string; name: string; version: number; input: object; added: object; ended_at: Date | null };

/** Erases what ended sagas tell of these people; resolves with whether some is left to be done, since sagas are under way. */
export async function eraseSagas(
  database: Queryable,
  sagas: readonly AnySaga[],
  subjects: readonly string[],
): Promise<boolean> {
  const schemas = sagas.map(({ name, version, input, steps }) => ({
    ...{ name, version, input },
    added: Type.Unsafe<object>({
      anyOf: steps.flatMap(({ action }) => action.returns ?? []),
    }),
  }));
  if (!schemas.some(({ input, added }) => hasPersonal(input) || hasPersonal(added))) return false;
  let isLeft = false;
  for await (const page of pagesAbout<Stored>(database, table, subjects)) {
    const rows = page.flatMap((stored) => {
      const found = new Set<string>();
      const schema = schemas.find(({ name, version }) => name === stored.name && version === stored.version);
      const erase = (part: "input" | "added") => erasePersonal(schema?.[part] ?? Type.Object({}), stored[part], found);
      const erased = { id: stored.id, input: erase("input"), added: erase("added") };
      if (found.size === 0) return [];
      if (stored.ended_at) return [erased];
      isLeft = true;
      return [];
    });
    await database.query(
      `update saga set input = given.input, added = given.added
         from json_to_recordset($1) as given (id uuid, input json, added json)
        where saga.id = given.id and saga.ended_at is not null`,
      [JSON.stringify(rows)],
    );
  }
  return isLeft;
}
