import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** The requirements of levels 1 and 2 of OWASP ASVS 5.0.0, as published: section, and the numbers in it. */
const requirements: Readonly<Record<string, readonly number[]>> = {
  "1.1": [1, 2],
  "1.2": [1, 2, 3, 4, 5, 6, 7, 8, 9],
  "1.3": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  "1.4": [1, 2, 3],
  "1.5": [1, 2],
  "2.1": [1, 2, 3],
  "2.2": [1, 2, 3],
  "2.3": [1, 2, 3, 4],
  "2.4": [1],
  "3.2": [1, 2],
  "3.3": [1, 2, 3, 4],
  "3.4": [1, 2, 3, 4, 5, 6],
  "3.5": [1, 2, 3, 4, 5],
  "3.7": [1, 2],
  "4.1": [1, 2, 3],
  "4.2": [1],
  "4.3": [1, 2],
  "4.4": [1, 2, 3, 4],
  "5.1": [1],
  "5.2": [1, 2, 3],
  "5.3": [1, 2],
  "5.4": [1, 2, 3],
  "6.1": [1, 2, 3],
  "6.2": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  "6.3": [1, 2, 3, 4],
  "6.4": [1, 2, 3, 4],
  "6.5": [1, 2, 3, 4, 5],
  "6.6": [1, 2, 3],
  "6.8": [1, 2, 3, 4],
  "7.1": [1, 2, 3],
  "7.2": [1, 2, 3, 4],
  "7.3": [1, 2],
  "7.4": [1, 2, 3, 4, 5],
  "7.5": [1, 2],
  "7.6": [1, 2],
  "8.1": [1, 2],
  "8.2": [1, 2, 3],
  "8.3": [1],
  "8.4": [1],
  "9.1": [1, 2, 3],
  "9.2": [1, 2, 3, 4],
  "10.1": [1, 2],
  "10.2": [1, 2],
  "10.3": [1, 2, 3, 4],
  "10.4": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  "10.5": [1, 2, 3, 4, 5],
  "10.6": [1, 2],
  "10.7": [1, 2, 3],
  "11.1": [1, 2],
  "11.2": [1, 2, 3],
  "11.3": [1, 2, 3],
  "11.4": [1, 2, 3, 4],
  "11.5": [1],
  "11.6": [1],
  "12.1": [1, 2, 3],
  "12.2": [1, 2],
  "12.3": [1, 2, 3, 4],
  "13.1": [1],
  "13.2": [1, 2, 3, 4, 5],
  "13.3": [1, 2],
  "13.4": [1, 2, 3, 4, 5],
  "14.1": [1, 2],
  "14.2": [1, 2, 3, 4],
  "14.3": [1, 2, 3],
  "15.1": [1, 2, 3],
  "15.2": [1, 2, 3],
  "15.3": [1, 2, 3, 4, 5, 6, 7],
  "16.1": [1],
  "16.2": [1, 2, 3, 4, 5],
  "16.3": [1, 2, 3, 4],
  "16.4": [1, 2, 3],
  "16.5": [1, 2, 3],
  "17.1": [1],
  "17.2": [1, 2, 3, 4],
  "17.3": [1, 2],
};

/** The requirements that a text names: `6.2.1`, `6.2.1-3`, a whole section (`6.6`) or a whole chapter (`V5`). */
function namedIn(text: string): Set<string> {
  const named = new Set<string>();
  const add = (section: string, has: (number: number) => boolean) => {
    for (const number of requirements[section] ?? []) if (has(number)) named.add(`${section}.${number}`);
  };
  for (const [, section = "", first, last = first] of text.matchAll(
    /\b(\d{1,2}\.\d)(?:\.(\d{1,2})(?:-(\d{1,2}))?)?\b/g,
  )) {
    add(section, (number) => first === undefined || (number >= Number(first) && number <= Number(last)));
  }
  for (const [, chapter] of text.matchAll(/\bV(\d{1,2})/g)) {
    for (const section of Object.keys(requirements)) if (section.startsWith(`${chapter}.`)) add(section, () => true);
  }
  return named;
}

const document = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");
const body = document
  .split("\n")
  .filter((line) => !line.startsWith("#"))
  .join("\n");

test("every requirement of levels 1 and 2 is in docs/security.md: met, open, or not ours", () => {
  const named = namedIn(body);
  const all = Object.entries(requirements).flatMap(([section, numbers]) => numbers.map((each) => `${section}.${each}`));
  assert.deepEqual(
    all.filter((each) => !named.has(each)),
    [],
  );
});

test("what it names is of levels 1 and 2", () => {
  const given = Array.from(body.matchAll(/\b(\d{1,2}\.\d)\.(\d{1,2})\b/g));
  const unknown = given.filter(([, section = "", number]) => !requirements[section]?.includes(Number(number)));
  assert.deepEqual(
    unknown.map(([name]) => name),
    [],
  );
});

test("a range names all in it and nothing behind it, and a section or chapter all of its own", () => {
  assert.deepEqual([...namedIn("6.2.1-3")], ["6.2.1", "6.2.2", "6.2.3"]);
  assert.deepEqual([...namedIn("**Open:** V12: 3.7")].sort(), [
    "12.1.1",
    "12.1.2",
    "12.1.3",
    "12.2.1",
    "12.2.2",
    "12.3.1",
    "12.3.2",
    "12.3.3",
    "12.3.4",
    "3.7.1",
    "3.7.2",
  ]);
  assert.equal(namedIn("in 5.0, at 15 minutes").size, 0);
});
