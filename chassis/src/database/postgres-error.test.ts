import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { testDatabase } from "../testing/servers/postgres.ts";
import type { Queryable } from "./database.ts";
import { isUniqueViolation } from "./postgres-error.ts";

const SECRET = "hunter2";

const failingWith = async (database: Queryable, text: string, values?: readonly unknown[]): Promise<Error> => {
  try {
    await database.query(text, values);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`nothing failed: ${text}`);
};

/** Everything that anybody could read out of an error. */
const allOf = (error: Error): string => inspect(error, { depth: 9, showHidden: true }) + String(error.stack);

test("an error of the database holds nothing of a row, a parameter or a parsed text", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table note (text text primary key, size integer not null check (size > 0), day date)");
  await database.query("insert into note values ($1, 1)", [SECRET]);
  const statements: [string, unknown[]?][] = [
    ["insert into note values ($1, 1)", [SECRET]],
    ["insert into note values ($1, 0)", [SECRET]],
    ["insert into note (text) values ($1)", [SECRET]],
    ["insert into note values ('other', $1)", [SECRET]],
    ["insert into note values ('other', 1, $1)", [SECRET]],
    ["select $1::jsonb", [`{"${SECRET}`]],
    ["select $1::jsonpath", [`$.${SECRET} ${SECRET}`]],
    ["select to_tsquery($1)", [`${SECRET} ${SECRET}`]],
    ["select text::integer from note"],
    [`do $$ begin raise exception '%', (select text from note) using errcode = 'check_violation'; end $$`],
    [`do $$ begin raise exception '%', (select text from note); end $$`],
  ];
  for (const [text, values] of statements) {
    assert.doesNotMatch(allOf(await failingWith(database, text, values)), new RegExp(SECRET), text);
  }
});

test("what went wrong can still be told", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table note (text text primary key, size integer)");
  await database.query("insert into note values ('a')");
  const twice = await failingWith(database, "insert into note values ('a')");
  assert.ok(isUniqueViolation(twice, "note_pkey"));
  assert.match(twice.message, /duplicate key value violates unique constraint "note_pkey"/);
  const misspelt = await failingWith(database, "selct 1");
  assert.match(misspelt.message, /syntax error at or near "selct"/);
  const noNumber = await failingWith(database, "select $1::integer", ["x"]);
  assert.match(noNumber.message, /22P02/);
});
