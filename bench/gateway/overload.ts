import type { Row } from "../report.ts";
export const measureOverload = async (): Promise<Row[]> => [];
