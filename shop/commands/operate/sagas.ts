import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "@flotilla/chassis/failure";
import type { SagaSummary } from "../../../chassis/src/saga/operations/operations-contract.ts";
import { checkService, findSaga, listSagas, openSagaDesks, type SagaDesk } from "./saga-desk.ts";
import { sagaPage, sagaPageFile } from "./saga-diagrams.ts";
import { sagaLine, sagaReport } from "./saga-report.ts";

const USAGE = `npm run sagas -- COMMAND, on the shop that runs in DATA_DIR (.data)

  list [--status running|compensating|parked|done|failed] [--name NAME]   the newest of each service
  show ID                          what it did, what remains, and why it waits
  retry ID --reason WHY            try a parked or waiting saga again at once
  skip ID --reason WHY             take the step it is at as done by other means
  compensate ID --reason WHY       undo it, if it is not past its pivot
                                   with --step NAME or --fence N only if that is still so: \`show\` tells both
  check                            try all unfinished sagas on the definitions of today
  diagram                          write docs/reference/sagas.md from the definitions`;

type Given = {
  id: string;
  reason: string;
  name: string | undefined;
  status: SagaSummary["status"] | undefined;
  step: string | undefined;
  fence: string | undefined;
};
type Command = (desks: readonly SagaDesk[], given: Given) => Promise<void>;

const commands: Record<string, Command> = {
  async list(desks, { name, status }) {
    for (const { service, items, nextCursor } of await listSagas(desks, { name, status }, 50)) {
      console.log(`${service}: ${items.length}${nextCursor ? " newest" : ""}`);
      for (const item of items) console.log(`  ${sagaLine(item)}`);
    }
  },
  async show(desks, { id }) {
    const { desk, saga } = await findSaga(desks, id);
    console.log(sagaReport(desk.service, saga));
  },
  retry: acting("retrySaga"),
  skip: acting("skipSaga"),
  compensate: acting("compensateSaga"),
  async check(desks) {
    for (const desk of desks) {
      const { checked, faults } = await checkService(desk);
      console.log(`${desk.service}: ${checked} unfinished, ${faults.length} would break`);
      for (const fault of faults) console.log(`  ${sagaLine(fault)}\n    ${fault.fault}`);
      if (faults.length > 0) process.exitCode = 1;
    }
  },
};

function acting(action: "retrySaga" | "skipSaga" | "compensateSaga"): Command {
  return async (desks, { id, reason, step, fence }) => {
    if (!reason) throw new Error("--reason is required: it is kept in the saga's history");
    const { desk, saga } = await findSaga(desks, id);
    const body = {
      reason,
      fence: fence === undefined ? saga.fence : Number(fence),
      ...(step !== undefined && { step }),
    };
    console.log(sagaReport(desk.service, await desk.sagas[action]({ params: { id }, body })));
  };
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      reason: { type: "string" },
      status: { type: "string" },
      name: { type: "string" },
      step: { type: "string" },
      fence: { type: "string" },
    },
  });
  const [name = "", id = ""] = positionals;
  if (name === "diagram") {
    await mkdir(new URL(".", sagaPageFile), { recursive: true });
    return writeFile(sagaPageFile, sagaPage());
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Error(USAGE);
  const { desks, close } = await openSagaDesks(resolve(process.env["DATA_DIR"] || ".data"));
  try {
    const status = values.status as Given["status"];
    const { reason = "", name, step, fence } = values;
    await command(desks, { id, reason, name, status, step, fence });
  } finally {
    await close();
  }
}

try {
  await main();
} catch (error) {
  const details = error instanceof Failure ? (error.errors ?? []).map(({ message }) => `: ${message}`) : [];
  console.error(`${(error as Error).message}${details.join("")}`);
  process.exitCode = 1;
}
