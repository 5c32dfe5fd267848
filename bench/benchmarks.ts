import type { Row } from "./report.ts";

/** The benchmarks by name; each is loaded only when it is run. */
export const benchmarks = {
  start: async (): Promise<Row[]> => (await import("./start.ts")).measureStart(),
  order: async (): Promise<Row[]> => (await import("./order.ts")).measureOrder(),
};

export type BenchmarkName = keyof typeof benchmarks;
