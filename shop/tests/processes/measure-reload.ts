import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../fixtures/visitor.ts";
import { copyShop } from "./fixtures/copied-shop.ts";
import { runShop } from "./fixtures/running-shop.ts";

const SAVES = 20;
const FILES = [
  "orders/src/place-order.ts",
  "payments/src/payment.ts",
  "inventory/src/stock/stock.ts",
  "email/src/mail.ts",
];

/* `npm run tool -- reload`: how long it takes from the save of a file until its service is ready again, in seconds; services take turns. */
async function measureReload(): Promise<number[]> {
  const hooks: (() => void | Promise<void>)[] = [];
  const t = { after: (hook: () => void | Promise<void>) => void hooks.push(hook) };
  const dataFolder = await mkdtemp(join(tmpdir(), "flotilla-reload-"));
  try {
    const copy = await copyShop(t);
    const shop = await runShop(t, { dataFolder, command: [process.execPath, copy.devFile] });
    const pidOf = async (service: string) => (await shop.where()).services[service]?.[0]?.pid;
    const seconds: number[] = [];
    // The first save waits for the first check of all types.
    for (let save = -1; save < SAVES; save++) {
      const file = FILES[(save + FILES.length) % FILES.length] as string;
      const service = file.split("/")[0] as string;
      const before = await pidOf(service);
      const began = performance.now();
      await copy.edit(`shop/${file}`, (text) => `${text}// saved ${save}\n`);
      await eventually(`${service} is ready again`, async () => (await pidOf(service)) !== before || undefined, 60_000);
      if (save >= 0) seconds.push((performance.now() - began) / 1_000);
    }
    return seconds.toSorted((one, other) => one - other);
  } finally {
    // Hooks may add hooks.
    for (let hook = hooks.shift(); hook; hook = hooks.shift()) await hook();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

const seconds = await measureReload();
const shown = (share: number) => seconds[Math.floor(share * (seconds.length - 1))]?.toFixed(2);
console.log(
  `ready again after a save: median ${shown(0.5)} s, from ${shown(0)} to ${shown(1)} s, of ${seconds.length}`,
);
process.exit(0);
