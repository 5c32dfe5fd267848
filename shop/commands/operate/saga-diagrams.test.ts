import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { sagaPage, sagaPageFile } from "./saga-diagrams.ts";

test("the page of the sagas is what their definitions say: npm run sagas -- diagram writes it", async () => {
  assert.equal(await readFile(sagaPageFile, "utf8"), sagaPage());
});
