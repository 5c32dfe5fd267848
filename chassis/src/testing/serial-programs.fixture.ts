import fc from "fast-check";
import type { Database, Transaction } from "../database/database.ts";

/** A step of a program over a few numbered counters and a list of notes. */
export type Step =
  | { readonly do: "read"; readonly row: number; readonly lock: boolean }
  | { readonly do: "write"; readonly row: number; readonly add: number }
  | { readonly do: "count notes" }
  | { readonly do: "note unless there"; readonly text: string };

/** What one transaction does: what it writes follows from all that it has read. */
export type Program = readonly Step[];

export const ROWS = 3;

const row = fc.integer({ min: 0, max: ROWS - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("read" as const), row, lock: fc.boolean() }),
  fc.record({ do: fc.constant("write" as const), row, add: fc.integer({ min: 1, max: 9 }) }),
  fc.constant({ do: "count notes" as const }),
  fc.record({ do: fc.constant("note unless there" as const), text: fc.constantFrom("a", "b") }),
);

/** A few programs, to be run at the same time. */
export const programs: fc.Arbitrary<Program[]> = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 5,
});

/** What the tables hold: the counters, and the notes with the one who wrote each. */
export type World = { readonly counters: readonly number[]; readonly notes: readonly string[] };

export async function makeTables(database: Database): Promise<void> {
  await database.query("create table counter (id integer primary key, n bigint not null)");
  await database.query("create table note (text text not null)");
}

/** Puts the tables back to their beginning. */
export async function resetTables(database: Database): Promise<void> {
  await database.query("delete from counter");
  await database.query("delete from note");
  await database.query("insert into counter select id, 0 from generate_series(0, $1) id", [ROWS - 1]);
}

export async function readWorld(database: Database): Promise<World> {
  const counters = await database.query<{ n: number }>("select n from counter order by id");
  const notes = await database.query<{ text: string }>("select text from note order by text");
  return { counters: counters.map(({ n }) => n), notes: notes.map(({ text }) => text) };
}

/** Runs a program with plain statements. */
export async function runProgram(tx: Transaction, program: Program): Promise<void> {
  let seen = 1;
  for (const each of program) {
    if (each.do === "read") {
      const lock = each.lock ? " for update" : "";
      const [found] = await tx.query<{ n: number }>(`select n from counter where id = $1${lock}`, [each.row]);
      seen = mix(seen, found?.n ?? 0);
    } else if (each.do === "write") {
      await tx.query("update counter set n = $2 where id = $1", [each.row, mix(seen, each.add)]);
    } else if (each.do === "count notes") {
      const [found] = await tx.query<{ count: number }>("select count(*) as count from note");
      seen = mix(seen, found?.count ?? 0);
    } else {
      const there = await tx.query("select 1 from note where text = $1", [each.text]);
      if (there.length === 0) await tx.query("insert into note values ($1)", [each.text]);
      seen = mix(seen, there.length);
    }
  }
}

/** Whether `world` is what the programs leave behind when they run one after another, in some order. */
export function isSerial(given: readonly Program[], world: World): boolean {
  const wanted = JSON.stringify(world);
  const start: World = { counters: Array.from({ length: ROWS }, () => 0), notes: [] };
  return ends(start, given, (end) => JSON.stringify(end) === wanted);
}

function ends(world: World, left: readonly Program[], isWanted: (end: World) => boolean): boolean {
  if (left.length === 0) return isWanted(world);
  return left.some((program, index) =>
    ends(
      played(world, program),
      left.filter((_, other) => other !== index),
      isWanted,
    ),
  );
}

/** What a program does to the tables when it is alone. */
function played(world: World, program: Program): World {
  const counters = [...world.counters];
  const notes = [...world.notes];
  let seen = 1;
  for (const each of program) {
    if (each.do === "read") seen = mix(seen, counters[each.row] as number);
    else if (each.do === "write") counters[each.row] = mix(seen, each.add);
    else if (each.do === "count notes") seen = mix(seen, notes.length);
    else {
      const there = notes.filter((text) => text === each.text).length;
      if (there === 0) notes.push(each.text);
      seen = mix(seen, there);
    }
  }
  return { counters, notes: notes.toSorted() };
}

const mix = (seen: number, more: number): number => (seen * 31 + more) % 1_000_003;
