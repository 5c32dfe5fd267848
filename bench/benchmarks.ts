import type { Row } from "./report.ts";

/** The benchmarks by name; each is loaded only when it is run. */
export const benchmarks = {
  start: async (): Promise<Row[]> => (await import("./start.ts")).measureStart(),
  order: async (): Promise<Row[]> => (await import("./order/measure-order.ts")).measureOrder(),
  messaging: async (): Promise<Row[]> => (await import("./messaging/messaging.ts")).measureMessaging(),
  saga: async (): Promise<Row[]> => (await import("./saga/measure-saga.ts")).measureSaga(),
  calls: async (): Promise<Row[]> => (await import("./calls/measure-calls.ts")).measureCalls(),
  gateway: async (): Promise<Row[]> => (await import("./gateway/measure-gateway.ts")).measureGateway(),
};

export type BenchmarkName = keyof typeof benchmarks;
