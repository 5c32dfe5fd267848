import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Client } from "@flotilla/chassis/service";
import {
  type DeadLetterDetail,
  type DeadLetterSummary,
  type deadLetterOperations,
  deadLetterOperations as operations,
} from "../../../chassis/src/messaging/dead-letters/dead-letter-contract.ts";
import { administratorClients } from "./administrator-clients.ts";

const USAGE = `npm run dead-letters -- COMMAND, on the shop that runs in DATA_DIR (.data)

  list [SERVICE] [--state parked|redriving|redriven|discarded] [--type TYPE]   the newest of each service, and events that can't be sent
  show SERVICE ID                                  what the message says, why it failed, what was done about it
  redrive SERVICE (ID… | --all | --type TYPE) --reason WHY [--rate N]   handle again, at most N a second (50)
  discard SERVICE (ID… | --all | --type TYPE) --reason WHY              give up
  edit SERVICE ID --body JSON --reason WHY         change what it says before it is redriven
  resend SERVICE (SEQ… | --all) --reason WHY       send again what the broker did not take`;

type Desk = Client<typeof deadLetterOperations>;
type Given = {
  readonly ids: readonly string[];
  readonly reason: string;
  readonly all: boolean;
  readonly type: string | undefined;
  readonly state: string | undefined;
  readonly rate: number;
  readonly body: string | undefined;
};

const commands: Record<string, (desk: Desk, given: Given) => Promise<string>> = {
  async show(desk, { ids: [id = ""] }) {
    return report(await desk.showDeadLetter({ params: { id } }));
  },
  async redrive(desk, given) {
    const { reason, rate: perSecond } = given;
    const { count } = await desk.redriveDeadLetters({ body: { ...chosen(given), perSecond, reason } });
    return `${count} will be handled again`;
  },
  async discard(desk, given) {
    const { count } = await desk.discardDeadLetters({ body: { ...chosen(given), reason: given.reason } });
    return `${count} discarded`;
  },
  async edit(desk, { ids: [id = ""], body, reason }) {
    if (body === undefined) throw new Error("--body is required: the JSON that the message says from now on");
    return report(await desk.editDeadLetter({ params: { id }, body: { body: JSON.parse(body), reason } }));
  },
  async resend(desk, { ids, all, reason }) {
    if (ids.length === 0 && !all) throw new Error("say which: SEQ… or --all");
    const seqs = ids.length > 0 ? { seqs: ids.map(Number) } : {};
    const { count } = await desk.resendEvents({ body: { ...seqs, reason } });
    return `${count} will be sent again`;
  },
};

/** Everything is never meant by accident. */
function chosen({ ids, type, all, reason }: Given): { ids?: string[]; type?: string } {
  if (!reason) throw new Error("--reason is required: it is kept with the dead letter");
  if (ids.length === 0 && type === undefined && !all) throw new Error("say which: ID…, --type TYPE or --all");
  return { ...(ids.length > 0 ? { ids: [...ids] } : {}), ...(type === undefined ? {} : { type }) };
}

const line = ({ id, state, type, attempts, parkedAt, cause }: DeadLetterSummary): string =>
  [id, state.padEnd(9), type, `${attempts} attempts`, parkedAt, cause.split("\n")[0]?.slice(0, 120)].join("  ");

const report = ({ message, stack, history, ...letter }: DeadLetterDetail): string =>
  [
    line(letter),
    `  consumer   ${letter.consumer}`,
    `  trace      ${letter.traceId}`,
    `  message    ${JSON.stringify(message, null, 2).replaceAll("\n", "\n             ")}`,
    `  stack      ${(stack ?? "none").replaceAll("\n", "\n             ")}`,
    ...history.map((note) => `  history    ${JSON.stringify(note)}`),
  ].join("\n");

async function list(desk: Desk, service: string, { state, type }: Given): Promise<void> {
  const filter = { ...(state ? { state: state as DeadLetterSummary["state"] } : {}), ...(type ? { type } : {}) };
  const { items, nextCursor } = await desk.listDeadLetters({ query: { limit: 50, ...filter } });
  console.log(`${service}: ${items.length}${nextCursor ? " newest" : ""}`);
  for (const item of items) console.log(`  ${line(item)}`);
  const { items: unsent } = await desk.listUnsentEvents({});
  for (const { seq, cause, attempts } of unsent)
    console.log(`  event ${seq} can't be sent, ${attempts} attempts: ${cause}`);
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { reason: text, state: text, type: text, body: text, rate: text, all: { type: "boolean" } },
  });
  const [name = "", service = "", ...ids] = positionals;
  const { reason = "", type, state, body, rate, all = false } = values;
  const given: Given = { ids, reason, all, type, state, body, rate: Number(rate ?? 50) };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command && name !== "list") throw new Error(USAGE);
  const clients = await administratorClients(resolve(process.env["DATA_DIR"] || ".data"), "dead-letters");
  try {
    const wanted = service ? [service] : clients.services;
    const unknown = wanted.find((each) => !clients.services.includes(each));
    if (unknown || (command && !service))
      throw new Error(`name one of the services that run: ${clients.services.join(", ")}`);
    for (const each of wanted) {
      const desk = clients.client({ ...operations, service: each });
      if (command) console.log(await command(desk, given));
      else await list(desk, each, given);
    }
  } finally {
    await clients.close();
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
