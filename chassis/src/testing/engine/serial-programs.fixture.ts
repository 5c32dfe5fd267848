import fc from "fast-check";
import type { Database, Transaction } from "../../database/database.ts";

/** A step of a program over a few numbered counters and a list of notes. */
export type Step =
  | { readonly do: "read"; readonly row: number; readonly lock: boolean }
  | { readonly do: "write"; readonly row: number; readonly add: number }
  | { readonly do: "count notes" }
  | { readonly do: "note unless there"; readonly text: string }
  /** Writes, and rolls back to a savepoint. */
  | { readonly do: "write in vain"; readonly row: number }
  /** Sets what is the transaction's own, and looks at it later. */
  | { readonly do: "set" }
  /** Takes an advisory lock, and notices whether another has it as well. */
  | { readonly do: "lock" };

/** What one transaction does: what it writes follows from all that it has read. */
export type Program = readonly Step[];

export const ROWS = 3;

const row = fc.integer({ min: 0, max: ROWS - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("read" as const), row, lock: fc.boolean() }),
  fc.record({ do: fc.constant("write" as const), row, add: fc.integer({ min: 1, max: 9 }) }),
  fc.constant({ do: "count notes" as const }),
  fc.record({ do: fc.constant("note unless there" as const), text: fc.constantFrom("a", "b") }),
  fc.record({ do: fc.constant("write in vain" as const), row }),
  fc.constant({ do: "set" as const }),
  fc.constant({ do: "lock" as const }),
);

export const program: fc.Arbitrary<Program> = fc.array(step, { minLength: 1, maxLength: 4 });

/** A few programs, to be run at the same time. */
export const programs: fc.Arbitrary<Program[]> = fc.array(program, { minLength: 2, maxLength: 5 });

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

/** Which program holds the advisory lock of a database. */
export type LockHolder = { program?: symbol };

/** Runs a program with plain statements; `holder` is that of its database. Throws when it sees that it is not alone. */
export async function runProgram(tx: Transaction, program: Program, holder: LockHolder): Promise<void> {
  const self = Symbol("a program");
  const locking = () => {
    holder.program = self;
  };
  let seen = 1;
  for (const each of program) seen = mix(seen, await runStep(tx, each, { seen, locking }));
  const locks = program.some((each) => each.do === "lock");
  if (locks && holder.program !== self) throw new Error("another holds the lock as well");
}

/** Does a step, and resolves with what it has seen. */
async function runStep(
  tx: Transaction,
  step: Step,
  { seen, locking }: { seen: number; locking(): void },
): Promise<number> {
  if (step.do === "read") {
    const lock = step.lock ? " for update" : "";
    const [found] = await tx.query<{ n: number }>(`select n from counter where id = $1${lock}`, [step.row]);
    return found?.n ?? 0;
  }
  if (step.do === "write") {
    await tx.query("update counter set n = $2 where id = $1", [step.row, mix(seen, step.add)]);
    return step.add;
  }
  if (step.do === "count notes") {
    const [found] = await tx.query<{ count: number }>("select count(*) as count from note");
    return found?.count ?? 0;
  }
  if (step.do === "note unless there") {
    const there = await tx.query("select 1 from note where text = $1", [step.text]);
    if (there.length === 0) await tx.query("insert into note values ($1)", [step.text]);
    return there.length;
  }
  if (step.do === "write in vain") {
    await tx.query("savepoint before");
    await tx.query("update counter set n = -1 where id = $1", [step.row]);
    await tx.query("rollback to savepoint before");
  } else if (step.do === "set") {
    await tx.query("select set_config('app.owner', $1, true)", [`${seen}`]);
    const [found] = await tx.query<{ owner: string }>("select current_setting('app.owner') as owner");
    if (found?.owner !== `${seen}`) throw new Error("another has set what is this transaction's own");
  } else {
    await tx.query("select pg_advisory_xact_lock(1)");
    locking();
  }
  return 0;
}

/** The tables at their beginning. */
export const beginning: World = { counters: Array.from({ length: ROWS }, () => 0), notes: [] };

/** Whether `world` is what the programs leave behind when they run one after another, in some order. */
export const isSerial = (given: readonly Program[], world: World): boolean =>
  endsIn(
    beginning,
    given.map((program) => [program]),
    world,
  );

/** Whether chains of programs, each in its order and in any order with the others, can lead from one world to another. */
export function endsIn(from: World, chains: readonly (readonly Program[])[], to: World): boolean {
  const left = chains.filter((chain) => chain.length > 0);
  if (left.length === 0) return JSON.stringify(from) === JSON.stringify(to);
  return left.some(([program, ...rest], index) =>
    endsIn(
      played(from, program as Program),
      left.map((chain, other) => (other === index ? rest : chain)),
      to,
    ),
  );
}

/** What a program does to the tables when it is alone. */
function played(world: World, program: Program): World {
  const counters = [...world.counters];
  const notes = [...world.notes];
  let seen = 1;
  for (const each of program) {
    let sees = 0;
    if (each.do === "read") sees = counters[each.row] as number;
    else if (each.do === "count notes") sees = notes.length;
    else if (each.do === "write") {
      counters[each.row] = mix(seen, each.add);
      sees = each.add;
    } else if (each.do === "note unless there") {
      sees = notes.filter((text) => text === each.text).length;
      if (sees === 0) notes.push(each.text);
    }
    seen = mix(seen, sees);
  }
  return { counters, notes: notes.toSorted() };
}

const mix = (seen: number, more: number): number => (seen * 31 + more) % 1_000_003;
