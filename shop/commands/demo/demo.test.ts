import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runShop, shopEnvironment, shopFolder } from "../../tests/processes/fixtures/running-shop.ts";

async function runDemo(dataFolder: string) {
  const demo = spawn(process.execPath, [fileURLToPath(new URL("./demo.ts", import.meta.url))], {
    env: shopEnvironment(dataFolder),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(demo, "close");
  const [output, errors] = await Promise.all([text(demo.stdout), text(demo.stderr), ended]);
  return { code: demo.exitCode, output, errors };
}

test("the demo tells what happened to three orders", async (t) => {
  const dataFolder = await shopFolder(t);
  await runShop(t, { dataFolder });
  const { code, output, errors } = await runDemo(dataFolder);
  assert.equal(code, 0, errors);
  const [, confirmed = "", declined = "", outOfStock = ""] = output.split(/^\d\. /m);
  assert.match(confirmed, /confirmed \(after.*captured, €0\.00 refunded.*sold \d+ → \d+.*“Receipt/s);
  assert.match(declined, /rejected because of payment_declined.*€0\.00 captured.*unchanged/s);
  assert.match(outOfStock, /rejected because of out_of_stock.*none was asked for.*unchanged/s);
});

test("without a shop the demo says how to start one", async (t) => {
  const { code, output, errors } = await runDemo(await shopFolder(t));
  assert.deepEqual({ code, output }, { code: 1, output: "" });
  assert.match(errors, /no shop runs in \S+: start one with npm start/);
});
