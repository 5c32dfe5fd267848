import { type BenchmarkName, benchmarks } from "./benchmarks.ts";
import { report } from "./report.ts";

const name = process.argv[2] ?? "";

if (!Object.hasOwn(benchmarks, name)) {
  console.error(`There is no benchmark "${name}". There is: ${Object.keys(benchmarks).join(", ")}`);
  process.exit(1);
}
await report(name, await benchmarks[name as BenchmarkName]());
