import { fetchSchemathesis, findSchemathesis } from "./schemathesis-program.ts";

/* Makes Schemathesis available to the test that runs it. Where it can't be had, that test is skipped. */
try {
  if (!(await findSchemathesis())) await fetchSchemathesis();
  console.log(`Schemathesis is there: ${await findSchemathesis()}`);
} catch (error) {
  const lines = (error as Error).message.split("\n").filter((line) => line.trim() !== "");
  console.log(`Could not fetch Schemathesis: its test is skipped (${lines.slice(-2).join(" ")})`);
}
