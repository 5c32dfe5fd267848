import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError } from "./config.ts";
import { withPackage } from "./optional-package.ts";

const missing = "a-package-that-nobody-has";

test("a package that is not installed is told in one line, with what to do", async () => {
  await assert.rejects(
    withPackage(missing, "BROKER_URL", () => import(missing)),
    new ConfigurationError([`BROKER_URL needs the package ${missing}, which is not installed: npm install ${missing}`]),
  );
});

test("any other fault stays what it is, and what can be loaded is", async () => {
  const fault = Object.assign(new Error("Cannot find package 'another'"), { code: "ERR_MODULE_NOT_FOUND" });
  await assert.rejects(
    withPackage(missing, "X", () => Promise.reject(fault)),
    fault,
  );
  assert.equal(await withPackage(missing, "X", async () => 1), 1);
});
