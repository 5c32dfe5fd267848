import { openDatabase } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry";

const open = (url: string) =>
  openDatabase({
    ...{ url, name: "bench", statementTimeout: 300_000 },
    log: createLog({ service: "bench", level: "error" }),
  });

/** Stores sagas that ended before. */
export async function fillWithEnded(url: string, count: number): Promise<void> {
  const database = open(url);
  for (let done = 0; done < count; done += 100_000) {
    await database.query(
      `insert into saga (id, name, key, input, added, status, position, ended_at, request_id, traceparent, history)
       select id, 'nothing', id, '{}', '{}', 'done', 3, now(), 'bench', '',
         array(select jsonb_build_object('step', step, 'attempt', 1, 'what', 'done', 'at', now())
           from unnest(array['one', 'two', 'three']) as step)
       from (select uuidv7() as id from generate_series(1, 100000)) as made`,
    );
  }
  await database.query("vacuum analyze saga");
  await database.query("checkpoint");
  await database.close();
}

/** Stores sagas in the middle of their steps, held by a process that is gone. */
export async function fillWithInterrupted(url: string, count: number): Promise<void> {
  const database = open(url);
  await database.query(
    `insert into saga (id, name, key, input, step, position, owner, due_at, request_id, traceparent)
     select id, 'nothing', id, '{}', 'two', 1, 'gone', now() + interval '5 seconds', 'bench', ''
     from (select uuidv7() as id from generate_series(1, $1::integer)) as made`,
    [count],
  );
  await database.close();
}

/** How many have not ended. */
export async function unfinished(url: string): Promise<number> {
  const database = open(url);
  const [row] = await database.query<{ count: number }>("select count(*) from saga where ended_at is null");
  await database.close();
  return row?.count ?? 0;
}
