import { fetchConsul, findConsul } from "./consul-program.ts";

/* Makes Consul's program available to the tests that run against it. What can't be had only skips those. */
try {
  const found = await findConsul();
  console.log(found ? `Consul is there: ${found}` : `Fetched Consul into ${await fetchConsul()}`);
} catch (error) {
  const lines = (error as Error).message.split("\n").filter((line) => line.trim() !== "");
  console.log(`Could not fetch Consul: the tests that need it are skipped (${lines.slice(-2).join(" ")})`);
}
