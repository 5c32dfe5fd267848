import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, projectOf } from "./project.ts";
import { rules } from "./rules.ts";

type Files = Record<string, string>;
const root = (more: object = {}): Files => ({ "package.json": JSON.stringify({ name: "flotilla", ...more }) });
const manifest = (folder: string, name: string, more: object = {}): Files => ({
  [`${folder}/package.json`]: JSON.stringify({ name, ...more }),
});
const chassis = manifest("chassis", "@flotilla/chassis", { exports: { "./service": "./src/service.ts" } });
const orders = manifest("shop/orders", "@flotilla/orders");
const many = (folder: string, count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}${index}.md`, ""]));
const lines = (count: number) => "\n".repeat(count - 1);

/** For each rule: files that break it and the faults it must find, then files close to that which are fine. */
const planted: Record<string, { wrong: Files; faults: Fault[]; right: Files }> = {
  "folders of the chassis import only themselves and those to their left": {
    wrong: {
      "chassis/src/core/a.ts": `\nimport { b } from "../saga/b.ts"; import "../service.ts";`,
      "chassis/src/client/b.ts": `export type { B } from "../saga/b.ts"; let c: import("../gateway/c.ts").C;`,
      "chassis/src/odd/c.ts": `await import("../core/a.ts");`,
    },
    faults: [
      "chassis/src/core/a.ts:2 core must not import saga",
      "chassis/src/core/a.ts:2 ../service.ts is an entry point, for users: import what it names from its own file",
      "chassis/src/client/b.ts:1 client must not import saga",
      "chassis/src/client/b.ts:1 client must not import gateway",
      "chassis/src/odd/c.ts:1 is in an unknown folder of the chassis, or names one",
    ],
    right: {
      "chassis/src/saga/a.ts": `import "../core/b.ts"; import "./c.ts"; import "node:fs"; import "pg";`,
      "chassis/src/core/b.test.ts": `import "../testing/fake-clock.ts";`,
    },
  },
  "inside a service imports point down the list of its files": {
    wrong: {
      "shop/orders/src/events.ts": `import "./service.ts";`,
      "shop/orders/src/place-order.ts": `import type { Calls } from "./calls.ts"; import "./order-store.ts";`,
      "shop/orders/src/calls.ts": `import "./events.ts";`,
      "shop/orders/src/order-store.ts": `import "./place-order.ts"; import "./fulfil.saga.ts";`,
      "shop/orders/src/order.ts": `import { newId } from "@flotilla/chassis/service";`,
    },
    faults: [
      "shop/orders/src/events.ts:1 a call or event must not import the wiring",
      "shop/orders/src/place-order.ts:1 a use case or saga must not import a call or event",
      "shop/orders/src/calls.ts:1 a call or event must not import a call or event",
      "shop/orders/src/order-store.ts:1 a store or the domain must not import a use case or saga",
      "shop/orders/src/order-store.ts:1 a store or the domain must not import a use case or saga",
      "shop/orders/src/order.ts:1 the domain must not import @flotilla/chassis/service",
    ],
    right: {
      "shop/orders/src/service.ts": `import "./calls.ts"; import "./order-store.ts";`,
      "shop/orders/src/calls.ts": `import "./place-order.ts";`,
      "shop/orders/src/place-order.ts": `import "./order-store.ts"; import "./order.ts"; import "./prefer.ts";`,
      "shop/orders/src/order-store.ts": `import "./order.ts"; import "./prefer.ts";`,
      "shop/orders/src/order.ts": `import type { Clock } from "@flotilla/chassis/service"; import "@flotilla/contracts/orders";`,
      "shop/orders/src/order.test.ts": `import "./service.ts";`,
    },
  },
  "nothing but tests imports what is there for tests": {
    wrong: {
      "chassis/src/topology/a.ts": `import "../testing/postgres.ts";`,
      "shop/orders/src/a.ts": `import "./facts.fixture.ts";`,
    },
    faults: [
      "chassis/src/topology/a.ts:1 ../testing/postgres.ts is for tests",
      "shop/orders/src/a.ts:1 ./facts.fixture.ts is for tests",
    ],
    right: {
      "chassis/src/topology/a.test.ts": `import "../testing/postgres.ts";`,
      "shop/orders/src/orders-under-test.ts": `import "./facts.fixture.ts";`,
    },
  },
  "packages are entered by the subpaths they export": {
    wrong: {
      ...chassis,
      ...orders,
      "chassis/src/a.ts": `import "@flotilla/chassis/service";`,
      "shop/orders/src/a.ts": `import "@flotilla/chassis/core/clock"; import "../../../chassis/src/core/id.ts";`,
    },
    faults: [
      "chassis/src/a.ts:1 @flotilla/chassis/service is this package: import it relatively",
      "shop/orders/src/a.ts:1 @flotilla/chassis/core/clock is not exported",
      "shop/orders/src/a.ts:1 ../../../chassis/src/core/id.ts leaves the package",
    ],
    right: {
      ...chassis,
      ...orders,
      "shop/orders/src/a.ts": `import "@flotilla/chassis/service"; import "./b.ts"; import "typebox";`,
      "shop/commands/start.ts": `import "../orders/src/service.ts"; import "../../chassis/src/core/id.ts";`,
    },
  },
  "a service imports the chassis, the contracts and itself, never another service": {
    wrong: {
      ...chassis,
      "shop/orders/src/a.ts": `import type { Payment } from "../../payments/src/payment.ts";`,
      "chassis/src/core/a.ts": `import "@flotilla/contracts/orders";`,
    },
    faults: [
      "shop/orders/src/a.ts:1 ../../payments/src/payment.ts leaves the service",
      "chassis/src/core/a.ts:1 @flotilla/chassis must not import @flotilla/contracts",
    ],
    right: {
      "shop/orders/src/a.ts": `import "@flotilla/chassis/service"; import "@flotilla/contracts/orders"; import "../../contracts/b.ts";`,
      "shop/tests/a.test.ts": `import "../payments/src/service.ts";`,
    },
  },
  "services load no more of HTTP than they use": {
    wrong: {
      "chassis/src/core/a.ts": `import { get } from "node:http";`,
      "shop/orders/src/a.ts": `import { type Agent, request } from "node:https";`,
    },
    faults: [
      "chassis/src/core/a.ts:1 take it from the chassis: core/network/node-http.ts says why",
      "shop/orders/src/a.ts:1 take it from the chassis: core/network/node-http.ts says why",
    ],
    right: {
      "chassis/src/core/a.ts": `import type { Agent } from "node:http";`,
      "chassis/src/core/a.test.ts": `import { get } from "node:http";`,
    },
  },
  "every exported subpath is there": {
    wrong: manifest("chassis", "c", { exports: { "./a": "./src/a.ts", "./*": "./src/*.ts" } }),
    faults: [
      "chassis/package.json:1 exports ./a, but chassis/src/a.ts is not there",
      "chassis/package.json:1 exports ./*: name each subpath",
    ],
    right: { ...manifest("chassis", "c", { exports: { "./a": "./src/a.ts" } }), "chassis/src/a.ts": "" },
  },
  "no file imports itself by way of others": {
    wrong: {
      "a.ts": `import type { B } from "./b.ts";`,
      "b.ts": `import "./c.ts";`,
      "c.ts": `export { a } from "./a.ts";`,
    },
    faults: ["a.ts:1 imports itself: a.ts → b.ts → c.ts → a.ts"],
    right: { "a.ts": `import "./b.ts"; import "./c.ts";`, "b.ts": `import "./c.ts";`, "c.ts": "" },
  },
  "what is imported is declared": {
    wrong: {
      ...root({ devDependencies: { "fast-check": "1" } }),
      ...manifest("chassis", "@flotilla/chassis", { devDependencies: { undici: "1" } }),
      "chassis/src/a.ts": `import "pg/lib/x"; import "undici"; import "fast-check";`,
      "shop/orders/src/a.ts": `import "fast-check";`,
    },
    faults: [
      "chassis/src/a.ts:1 pg is not declared in chassis/package.json",
      "chassis/src/a.ts:1 undici is not declared in chassis/package.json",
      "chassis/src/a.ts:1 fast-check is not declared in chassis/package.json",
      "shop/orders/src/a.ts:1 fast-check is not declared in package.json",
    ],
    right: {
      ...root({ devDependencies: { "fast-check": "1" } }),
      ...manifest("chassis", "@flotilla/chassis", { dependencies: { pg: "1" }, devDependencies: { undici: "1" } }),
      "chassis/src/a.ts": `import "pg/lib/x"; import "node:fs";`,
      "chassis/src/a.test.ts": `import "fast-check"; import "undici";`,
      "shop/commands/start.ts": `import "@flotilla/chassis/service";`,
    },
  },
  "what is declared is imported": {
    wrong: { ...manifest("chassis", "c", { dependencies: { pg: "1" } }), "chassis/a.ts": `const a = "pg";` },
    faults: ["chassis/package.json:1 declares pg, which nothing imports"],
    right: {
      ...root({ devDependencies: { typescript: "1", "fast-check": "1" } }),
      ...manifest("chassis", "c", { dependencies: { pg: "1" }, devDependencies: { "@types/pg": "1" } }),
      "chassis/a.test.ts": `import type { Pool } from "pg"; import "fast-check";`,
    },
  },
  "no star exports, default exports, enums or decorators": {
    wrong: {
      "a.ts": `export * from "./b.ts";\nexport * as c from "./c.ts";\nenum D { E }\nexport default @f class {}`,
    },
    faults: [
      "a.ts:1 name each export: no `export *`",
      "a.ts:2 name each export: no `export *`",
      "a.ts:3 no enum: it is not erasable",
      "a.ts:4 no default export: a name is found by searching for it",
      "a.ts:4 no decorators: wire by hand",
    ],
    right: { "a.ts": `export { b } from "./b.ts"; import c from "c"; const text = "enum D { E } export default 1"; ` },
  },
  "the environment is read only where a process begins": {
    wrong: { "shop/orders/src/a.ts": `process.env["A"];\nimport { env } from "node:process";` },
    faults: [
      "shop/orders/src/a.ts:1 the environment is read where a process begins",
      "shop/orders/src/a.ts:2 the environment is read where a process begins",
    ],
    right: {
      "chassis/src/service/host/process.ts": "process.env;",
      "shop/commands/start.ts": "process.env.A;",
      "a.test.ts": "process.env.A;",
    },
  },
  "SQL is in the stores": {
    wrong: { "shop/orders/src/place-order.ts": `await tx.query("select 1");` },
    faults: ["shop/orders/src/place-order.ts:1 SQL belongs in a store"],
    right: {
      "shop/orders/src/order-store.ts": `tx.query("select 1");`,
      "shop/orders/src/a.ts": "const { query } = request;",
    },
  },
  "no test runs alone": {
    wrong: { "a.test.ts": `test.only("a", () => {});` },
    faults: ["a.test.ts:1 runs alone"],
    right: { "a.test.ts": `test("a", () => errors.only);` },
  },
  "comments put nothing off and switch nothing off": {
    wrong: { "a.ts": `// ${"TO"}DO: later\n\n/* ${"@ts-"}ignore */` },
    faults: ["a.ts:1 TODO in a comment", "a.ts:3 @ts-ignore in a comment"],
    right: { "a.ts": `const a = "${"TO"}DO"; // the todos of a user` },
  },
  "files are short": {
    wrong: { "a.ts": `${lines(251)}a;` },
    faults: ["a.ts:1 has 251 lines, more than 250"],
    right: { "a.ts": `${lines(250)}a;\n` },
  },
  "functions are short": {
    wrong: { "a.ts": `\nconst a = () => {${lines(71)}};` },
    faults: ["a.ts:2 a function of 71 lines, more than 70"],
    right: { "a.ts": `function a() {${lines(70)}}` },
  },
  "the root is small": {
    wrong: { ...root({ scripts: Object.fromEntries(Array(15).fill("").entries()) }), ...many("", 14) },
    faults: [".:1 15 files at the root, more than 14", "package.json:1 15 scripts, more than 14"],
    right: root({ scripts: { test: "" } }),
  },
  "folders are small": {
    wrong: many("a/b/", 21),
    faults: ["a/b:1 21 files side by side, more than 20"],
    right: many("a/b/", 20),
  },
  "files are named after their subject": {
    wrong: { "a/utils.ts": "", "a/string-helpers.ts": "", "common/a.ts": "", "a/types.ts": "" },
    faults: ["a/utils.ts", "a/string-helpers.ts", "common/a.ts", "a/types.ts"].map(
      (path): Fault => `${path}:1 is named after no subject`,
    ),
    right: { "a/library.ts": "", "a/mime-type.ts": "", "a/uncommon.ts": "" },
  },
};

for (const [promise, rule] of rules) {
  test(`a planted violation is found: ${promise}`, () => {
    const { wrong, faults, right } = planted[promise] ?? assert.fail("nothing is planted for it");
    const complete = (files: Files) => projectOf({ ...root(), ...files });
    assert.deepEqual(rule(complete(wrong)), faults);
    assert.deepEqual(rule(complete(right)), []);
  });
}
